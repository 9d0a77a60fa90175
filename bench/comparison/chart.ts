import type { CaseResult } from './rounds.ts'

const [WIDTH, LABEL, VALUE, BAR, GAP] = [860, 290, 50, 16, 30]
const SCALE = WIDTH - LABEL - VALUE

/** Colours that are read on a light page and on a dark one. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .case { font-weight: 600; fill: #24292f }
  .ours { fill: #1f883d } .other { fill: #8c959f } .base { fill: #54aeff }
  @media (prefers-color-scheme: dark) { text { fill: #9198a1 } .case { fill: #f0f6fc } }`

const escapeText = (text: string) => text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function getCssClass(name: string): string {
  if (name.startsWith('latchkey')) return 'ours'
  return ['fastify', 'hashing'].includes(name) ? 'base' : 'other'
}

/** Bars of every subject's part in every case, as an SVG image. */
export function chart(results: readonly CaseResult[]): string {
  let y = 0
  const shapes: string[] = []
  for (const { benchCase, subjectResults } of results) {
    y += GAP
    shapes.push(`<text class="case" x="0" y="${y - 8}">${escapeText(benchCase.title)}</text>`)
    for (const { subject, share } of subjectResults) {
      const width = Math.max(1, share * SCALE * 0.8)
      const middle = y + BAR - 5
      shapes.push(
        `<text x="${LABEL - 8}" y="${middle}" text-anchor="end">${escapeText(subject.title)}</text>`,
        `<rect class="${getCssClass(subject.name)}" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 3}"/>`,
        `<text x="${(LABEL + width + 6).toFixed(1)}" y="${middle}">${share.toFixed(share < 0.1 ? 3 : 2)}</text>`
      )
      y += BAR
    }
  }
  const size = `width="${WIDTH}" height="${y + 8}" viewBox="0 0 ${WIDTH} ${y + 8}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="Parts of bare Fastify">\n<style>${STYLE}\n</style>\n${shapes.join('\n')}\n</svg>\n`
}
