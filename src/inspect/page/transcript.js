// The interview behind a delivery, where the vendor's API was asked for it.
// The vendors document no shape; whatever is not understood is shown whole.

import { html } from './component.js';
import { Payload } from './payload.js';
import { Shown } from './tree.js';

const LISTS = ['turns', 'messages', 'entries', 'segments', 'transcript'];
const SPEAKERS = ['speaker', 'role', 'author', 'from', 'name'];
const TEXTS = ['text', 'content', 'message', 'body', 'utterance'];
const ANSWERS = ['structured_answers', 'structuredAnswers', 'answers', 'question_answers'];

const member = (object, names) => names.map((name) => object?.[name]).find((value) => value !== null && value !== undefined);
const scalar = (value) => (['string', 'number', 'boolean'].includes(typeof value) ? String(value) : null);

/** The turns of a conversation, or null where it has another shape. */
function turns(interview) {
  let list = member(interview, ['transcript', 'messages', 'conversation']);
  if (list && !Array.isArray(list) && typeof list === 'object') list = member(list, LISTS);
  if (typeof list === 'string') return [{ speaker: null, text: list }];
  if (!Array.isArray(list)) return null;
  return list.map((turn) => (typeof turn === 'string'
    ? { speaker: null, text: turn }
    : { speaker: scalar(member(turn, SPEAKERS)), text: scalar(member(turn, TEXTS)) ?? JSON.stringify(turn) }));
}

const PEOPLE = /^(participant|user|respondent|interviewee|human|customer)$/i;

function answers(interview) {
  const found = member(interview, ANSWERS) ?? member(interview?.analysis, ANSWERS);
  if (!found || typeof found !== 'object') return [];
  const all = Array.isArray(found) ? found : Object.entries(found).map(([id, value]) => (value && typeof value === 'object' && !Array.isArray(value) ? { question_id: id, ...value } : { question_id: id, value }));
  return all.slice(0, 200).map((one) => {
    const question = typeof one?.question === 'object' ? member(one.question, ['text', 'question']) : member(one, ['question', 'question_text', 'text', 'question_id', 'id']);
    const value = member(one, ['value', 'answer', 'extracted_value', 'answers']);
    const text = Array.isArray(value) ? value.map((item) => scalar(item) ?? scalar(member(item, ['option', 'label', 'value', 'text'])) ?? JSON.stringify(item)).join(', ') : scalar(value) ?? JSON.stringify(value ?? null);
    return { question: scalar(question) ?? '–', text };
  });
}

/** The interview: summary, conversation, answers, and the vendor's whole object. */
export function Transcript({ interview }) {
  const said = turns(interview);
  const given = answers(interview);
  const summary = scalar(member(interview, ['summary']) ?? member(interview?.analysis, ['summary']));
  return html`<div class="transcript">
    ${summary && html`<p class="summary"><${Shown} text=${summary} /></p>`}
    ${said && html`<ol class="talk">${said.slice(0, 2_000).map((turn) => html`<li class=${PEOPLE.test(turn.speaker ?? '') ? 'person' : ''}>${turn.speaker && html`<b><${Shown} text=${turn.speaker} /></b>`}<span><${Shown} text=${turn.text} /></span></li>`)}</ol>`}
    ${!said && html`<p class="hint">There is no transcript in it that could be read.</p>`}
    ${given.length > 0 && html`<h3>Answers</h3><dl class="facts">${given.map((one) => html`<dt><${Shown} text=${one.question} /></dt><dd><${Shown} text=${one.text} /></dd>`)}</dl>`}
    <details><summary>The vendor's whole object</summary><${Payload} body=${JSON.stringify(interview, null, 2)} /></details>
  </div>`;
}
