import { describe, expect, it } from 'vitest'

import { JinjaProgram } from './jinja-program.js'

const variables = {
  flag: true,
  nothing: null,
  number: 1.5,
  text: '\u001c x\n ',
  list: ['a', "it's", 1, true, null, ['\n', 'é', '\u200b']],
  object: { name: 'x', list: [1, 1.5] },
}

function render(source: string, now: Date = new Date(2026, 0, 5, 13, 7, 9)): string {
  return new JinjaProgram(source).render(variables, now)
}

// What Jinja 3.1 makes of each under CPython 3.11.
describe('renders as Python does:', () => {
  it.each([
    ['{{ flag }} {{ nothing }} {{ missing }}|', 'True None |'],
    ['{{ number }} {{ 2 }} {{ 1 / 2 }} {{ 4 / 2 }}', '1.5 2 0.5 2.0'],
    ['{{ list }}', `['a', "it's", 1, True, None, ['\\n', 'é', '\\u200b']]`],
    ['{{ object }}', "{'name': 'x', 'list': [1, 1.5]}"],
    ['{{ object | string }} {{ flag ~ nothing ~ missing }}', "{'name': 'x', 'list': [1, 1.5]} TrueNone"],
    ['{{ object | tojson }} {{ "<é>" | tojson }}', '{"name": "x", "list": [1, 1.5]} "<é>"'],
    ['[{{ text | trim }}] [{{ text.lstrip() }}] [{{ text.rstrip() }}]', '[x] [x\n ] [\u001c x]'],
    ["{{ '\\n\\n a \\n'.strip('\\n') }}|{{ '--a-'.lstrip('-') }}|{{ 'xyax'.rstrip('xa') }}", ' a |a-|xy'],
    ["{{ 'xxaxx' | trim('x') }}{{ missing | trim }}{{ 5 | trim }}", 'a5'],
    ['{{ [1, [2]] == [1, [2]] }} {{ {"a": 1} == {"a": 1} }} {{ 1 == 1.0 }} {{ true == 1 }}', 'True True True True'],
    ["{{ 0 == '' }} {{ missing == none }} {{ '1' != 1 }} {{ [1] == [1, 2] }}", 'False False True False'],
    ["{{ [2] in [[1], [2]] }} {{ 'b' not in ['a'] }} {{ 'a' in object }}", 'True True False'],
    ['{{ object is iterable }} {{ missing is iterable }} {{ 1 is iterable }}', 'True True False'],
    ['{{ [3, 1, 2] | min }} {{ [3, 1, 2] | max }} {{ [] | min }}|', '1 3 |'],
    ["{% for c in 'aé🙂' %}{{ c }};{% endfor %}{% for m in missing %}x{% else %}none{% endfor %}", 'a;é;🙂;none'],
    ["{% for c in 'abc' if c != 'b' %}{{ c }}{% endfor %}", 'ac'],
    ['{% set d = {0: "a", 10: "b", 9: "c"} %}{{ d[10] }}{{ d["10"] }}|{{ d }}', "b|{0: 'a', 10: 'b', 9: 'c'}"],
    ['{% for k, v in {0: "a", 10: "b", 9: "c"} | dictsort %}{{ k + 1 }}{{ v }} {% endfor %}', '1a 10c 11b '],
    ['{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}{{ range(2) | list }}', '531[0, 1]'],
    [
      '{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}',
      '02',
    ],
    [
      '{% macro m(a, b=none) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{% set x %}{{ flag }}{% endset %}{{ x }}',
      '1NoneTrue',
    ],
    ['a\n  {% if flag %}\nb\n  {%- endif %}\n\nc\n', 'a\nb\nc'],
    ['{% generation %}a{% endgeneration %}', 'a'],
  ])('%j', (source, expected) => {
    expect(render(source)).toBe(expected)
  })

  it('dates, in English', () => {
    expect(render("{{ strftime_now('%d %b %Y, %A %B %-d %H:%M:%S %y%m%e %I%p %j %F %% %Q') }}")).toBe(
      '05 Jan 2026, Monday January 5 13:07:09 2601 5 01PM 005 2026-01-05 % %Q',
    )
    expect(render("{{ strftime_now('%I %p %j') }}", new Date(2024, 11, 31, 0, 0))).toBe('12 AM 366')
  })
})
