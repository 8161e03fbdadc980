/** What a kernel can complain of. `lost`: the guest went away, or answers no more, without a word. */
export type TroubleKind = 'panic' | 'oops' | 'bug' | 'kasan' | 'lockdep' | 'hung-task' | 'lockup' | 'warning' | 'lost';
