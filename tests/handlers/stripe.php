<?php
// A handler for the webhooks of stripe: PHP 8.0 or newer, no packages.
// HMAC-SHA-256 hex in Stripe-Signature
// over {ts}.{body}
// https://docs.stripe.com/webhooks/signature
//
//   STRIPE_WEBHOOK_SECRET=... php -d display_errors=0 -d enable_post_data_reading=0 -S 127.0.0.1:3000 handler.php
//
// Elsewhere both settings go into php.ini: else PHP answers what it finds too large with a
// warning and 200 before this runs, and keeps the bodies of some forms to itself. The server
// above is for development: an announced length beyond memory ends it.
declare(strict_types=1);

const LIMIT = 25 * 1024 * 1024; // bytes of body; more is answered 413
const TOLERANCE = 300; // seconds between the signed time and now

// While a secret is being replaced, the old one goes into STRIPE_WEBHOOK_SECRET_PREVIOUS.
function keys(): array
{
    $secrets = [getenv("STRIPE_WEBHOOK_SECRET"), getenv("STRIPE_WEBHOOK_SECRET_PREVIOUS")];
    $keys = array_map("key_of", array_values(array_filter($secrets, fn ($secret) => is_string($secret) && $secret !== "")));
    if ($keys === [] || in_array("", $keys, true)) {
        throw new RuntimeException("STRIPE_WEBHOOK_SECRET is not set, or not a usable secret");
    }
    return $keys;
}

function key_of(string $secret): string
{
    return $secret;
}

// The seconds of a signed time; null when it is not written as one.
function seconds(string $time): int|float|null
{
    return preg_match('/^[0-9]{1,15}\z/', $time) ? (int) $time : null;
}

function sign(string $key, string $content): string
{
    $tag = hash_hmac("sha256", $content, $key, true);
    return bin2hex($tag);
}

// The signatures in a value, as they are written, and the time beside them.
function read(string $value): array
{
    $elements = array_map("trim", explode(",", $value));
    $after = fn (string $prefix) => array_values(array_map(
        fn ($element) => substr($element, strlen($prefix)),
        array_filter($elements, fn ($element) => str_starts_with($element, $prefix)),
    ));
    $times = $after("t="); // two of them came in two headers
    return [$after("v1="), count($times) === 1 ? $times[0] : null];
}

// Whether the request comes from whoever has the secret. PHP joins a header that
// came twice with a comma, or keeps one of the two.
function verify(string $body): bool
{
    $value = $_SERVER["HTTP_STRIPE_SIGNATURE"] ?? null;
    if ($value === null || $value === "") {
        return false;
    }
    [$signatures, $time] = read($value);
    if ($time === null || $time === "") {
        return false;
    }
    $holds = false;
    foreach (keys() as $key) {
        $expected = sign($key, implode("", [$time, ".", $body]));
        foreach ($signatures as $signature) {
            $holds = hash_equals($expected, strtolower($signature)) || $holds;
        }
    }
    // After the signature: a time that nobody signed says nothing.
    $signed = seconds($time);
    return $holds && $signed !== null && abs(time() - $signed) <= TOLERANCE;
}

// Nobody would notice: see above.
if (filter_var(ini_get("display_errors"), FILTER_VALIDATE_BOOL)) {
    http_response_code(500);
    exit("display_errors is on, and must be off\n");
}
// Until the opposite is known. PHP answers 200 when a script ends with an error.
http_response_code(500);
keys();
http_response_code(401);
// The bytes as they came: a body that was parsed and written again has another signature.
$body = (string) file_get_contents("php://input", false, null, 0, LIMIT + 1);
if (strlen($body) > LIMIT) {
    http_response_code(413);
} elseif (verify($body)) {
    // It is authentic. Store or queue the body here, answer at once, work on it later.
    http_response_code(200);
}
