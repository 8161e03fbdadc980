/** Kinds of kernel trouble. `lost`: the guest exited, or stopped answering, without a message. */
export type TroubleKind = 'panic' | 'oops' | 'bug' | 'kasan' | 'lockdep' | 'hung-task' | 'lockup' | 'warning' | 'lost';
