/** The stack that was judged, as recorded in the results. */

/** Kinds of stack: where a stack under test runs. `topology/stacks/registry.ts` has the code of each. */
export type StackKindName = 'netns' | 'docker' | 'kernel' | 'remote' | 'relay' | 'reference';

/** Lawful habits of a host that no kernel setting makes; see `topology/habits.ts`. */
export interface Habits {
  /** Metrics of the routes to the tester, as `ip route` has them. */
  route?: Partial<Record<'initcwnd' | 'initrwnd' | 'advmss', number>>;
  /** MTU of every link's device, bytes. */
  mtu?: number;
  /** A flag of every endpoint that subflows start from. */
  endpoint?: 'fullmesh';
  /** The application switches Nagle's algorithm off on every socket. */
  nodelay?: true;
  /** Other listeners on the host, each on a port of its own. */
  listeners?: number;
  /** The application uses sockets of IPv6 with mapped addresses for IPv4. */
  mapped?: true;
}

/** A kernel setting of the stack under test: `net.mptcp.checksum_enabled`, `1`. */
export interface Sysctl {
  name: string;
  value: string;
}

/** The stack that was judged, and the machine. */
export interface SutInfo {
  /** Name of the stack; baselines and PICS go by it. */
  name: string;
  /** The user's name for this build; distinguishes runs of one version. */
  label?: string;
  kind: StackKindName;
  /** Kernel release, as `uname -r` says it; empty for a stack that is not a kernel. */
  kernel: string;
  /** Machine that the stack runs on, as `uname -m` says it. */
  arch?: string;
  /** `uname -v` of the kernel, or what else tells two builds of one version apart. */
  build?: string;
  /** `sha256:...` of the image that was judged: the file of a kernel, or the id of a container image. */
  digest?: string;
  /** Container image that it was in. */
  image?: string;
  /** Of a kernel in a guest: its command line, what its processor is, and the options that matter of those it was built with. */
  commandLine?: string;
  accelerator?: 'kvm' | 'tcg';
  config?: Record<string, string>;
  /** Settings that the run made in every namespace of the stack, in their order. */
  sysctls?: Sysctl[];
  /** Choices of `suites/freedoms.yaml` that the run made for every host of the stack. */
  freedoms?: string[];
  /** Commit of the source that it was built from, where that is known; `-dirty` when files differ from it. */
  commit?: string;
  /** Version of the stack, where the kernel's release does not say it. */
  version?: string;
  /** The stack at the other end, the server, in scenarios of two stacks, where it is another. */
  peer?: { name: string; kind: StackKindName; kernel: string };
  /** The machine the harness ran on. */
  host?: { kernel?: string; arch?: string; cpus?: number; node?: string };
}
