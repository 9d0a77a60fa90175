/** The result of a check. A warning may be intended. */
export interface Finding {
  readonly status: 'ok' | 'warning' | 'fault'
  readonly detail: string
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail })
export const warning = (detail: string): Finding => ({ status: 'warning', detail })
export const fault = (detail: string): Finding => ({ status: 'fault', detail })
