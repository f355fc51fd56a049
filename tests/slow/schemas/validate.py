"""validate.py json|xml SCHEMA DOCUMENT: ends with 1 and says why when the document breaks the schema."""

import json
import sys

import fastjsonschema
import xmlschema

form, schema, document = sys.argv[1:]
try:
    if form == "json":
        with open(schema, encoding="utf-8") as file:
            validate = fastjsonschema.compile(json.load(file))
        with open(document, encoding="utf-8") as file:
            validate(json.load(file))
    else:
        xmlschema.XMLSchema(schema).validate(document)
except (fastjsonschema.JsonSchemaException, xmlschema.XMLSchemaException) as broken:
    sys.exit(f"{document}: {broken}")
