/** Something that a killed run left on the machine. */
export interface Leftover {
  /** Description for people. */
  what: string;
  /** @throws Error when it cannot be taken away */
  remove: () => void | Promise<void>;
}
