import { html } from '../../src/http/html.ts'

/** The style sheet of all pages: the system's fonts, and its light or dark colours. */
export const style = html`
:root { color-scheme: light dark; --text: #1c2733; --dim: #51606f; --line: #d5dce3; --back: #fff; --inset: #f4f6f8; --link: #0a6b4b; --bad: #b3261e; --button: #0a6b4b; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e9ee; --dim: #a3b0bd; --line: #36424e; --back: #14191f; --inset: #1d242c; --link: #5fd3a8; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem 1rem 4rem; background: var(--back); color: var(--text); font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: break-word; }
header { color: var(--dim); border-bottom: 1px solid var(--line); padding-bottom: .75rem; }
header a { color: inherit; font-weight: 600; text-decoration: none; }
h1 { font-size: 1.8rem; line-height: 1.25; margin: 2rem 0 .75rem; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 2rem 0 .5rem; }
p, dd, ul { margin: 0 0 1rem; }
ul { padding-left: 1.25rem; }
a { color: var(--link); }
a:focus-visible, input:focus-visible, button:focus-visible, .summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
code, pre { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--inset); border-radius: 4px; }
code { padding: .1em .3em; }
pre { padding: 1rem; white-space: pre-wrap; border: 1px solid var(--line); }
dl { margin: 0; }
dt { font-weight: 600; }
dd { margin-left: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); }
label { display: block; font-weight: 600; }
input { display: block; width: 100%; max-width: 26rem; padding: .5rem .6rem; border: 2px solid var(--dim); border-radius: 4px; background: var(--back); color: var(--text); font: inherit; }
input[readonly] { border-color: var(--line); background: var(--inset); }
input[inputmode=numeric] { max-width: 12rem; letter-spacing: .15em; }
button { margin-top: .5rem; padding: .6rem 1.2rem; border: 2px solid transparent; border-radius: 6px; background: var(--button); color: #fff; font: inherit; font-weight: 600; cursor: pointer; }
.field { margin: 0 0 1.25rem; }
.field p { margin: 0 0 .35rem; }
.error, .summary a { color: var(--bad); font-weight: 600; }
.wrong { padding-left: .8rem; border-left: 4px solid var(--bad); }
.wrong input { border-color: var(--bad); }
.summary { margin: 1.5rem 0; padding: 1rem 1.25rem; border: 3px solid var(--bad); border-radius: 4px; }
.summary h2 { margin: 0 0 .5rem; }
.summary ul { margin: 0; }
.up { color: var(--link); font-weight: 600; }
.down { color: var(--bad); font-weight: 600; }
.dim { color: var(--dim); }
`
