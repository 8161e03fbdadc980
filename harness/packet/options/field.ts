/** The fields of options as rows: how each is called, shown, read, written and altered. Pure. */

/** The value of a field. Integers are bigint; byte strings are bytes; words and addresses are text. */
export type FieldValue = bigint | Uint8Array | string;

/** How a value is written in text. */
export type FieldStyle =
  | 'dec'
  | 'hex'
  | 'bytes'
  /** An address. */
  | 'text'
  | 'bit'
  /** The flag letters of MP_CAPABLE. */
  | 'letters'
  /** A reason of MP_TCPRST. */
  | 'reason'
  /** Address ids, `1+2`. */
  | 'list';

/**
 * The base of a relative number: an ISN (the SYN is 0) or an IDSN (the SYN with MP_CAPABLE is 0), of the packet's
 * sender or of its receiver.
 */
export type NumberBase = 'senderIsn' | 'receiverIsn' | 'senderIdsn' | 'receiverIdsn';

/** One field of an option `O`. */
export interface OptionField<O> {
  readonly style: FieldStyle;
  /** Letter of the bit in the RFC's figure. */
  readonly letter?: string;
  /** A few words about its values, for the manual. */
  readonly note?: string;
  /** Base that the number is relative to in a packet line; absolute if absent. */
  readonly base?: NumberBase;
  /** Bits that a number with a base has in this option. */
  bits?(option: O): 32 | 64;
  /** The value, as on the wire; undefined when the option does not have the field. */
  read(option: O): FieldValue | undefined;
  /** Sets the value; undefined removes the field. */
  write(option: O, value: FieldValue | undefined): void;
  /** Another value that the field can have; any other one when absent. */
  alter?(value: bigint): bigint;
  /** The text of the value that every correct packet has, not worth showing; `redundant` when other fields say the same. */
  readonly quiet?: string;
  readonly redundant?: true;
}

/** The rows of an option, by the name that packet lines use, in the order in which they are shown. */
export type OptionFields<O> = Readonly<Record<string, OptionField<O>>>;

/** Properties of a row besides reading and writing. */
type Extra<O> = Partial<Pick<OptionField<O>, 'letter' | 'note' | 'base' | 'bits' | 'quiet' | 'redundant'>>;

/** The properties of `O`, or of any member of a union, whose values are of type `V`. */
type PropertyOf<O, V> = O extends unknown
  ? { [K in keyof O]-?: Exclude<O[K], undefined> extends V ? K : never }[keyof O] & string
  : never;

function get(option: object, property: string): unknown {
  return (option as Record<string, unknown>)[property];
}

function set(option: object, property: string, value: unknown): void {
  if (value === undefined) Reflect.deleteProperty(option, property);
  else (option as Record<string, unknown>)[property] = value;
}

/** A number of up to 32 bits. */
export function uint<O extends object>(
  property: PropertyOf<O, number>,
  style: FieldStyle = 'dec',
  extra: Extra<O> = {},
): OptionField<O> {
  return {
    style,
    ...extra,
    read: (option) => {
      const value = get(option, property);
      return typeof value === 'number' ? BigInt(value) : undefined;
    },
    write: (option, value) => set(option, property, value === undefined ? undefined : Number(value)),
  };
}

/** Bits that are reserved: hexadecimal, and not shown when 0. */
export function reserved<O extends { reserved: number }>(): OptionField<O> {
  return uint<{ reserved: number }>('reserved', 'hex', { quiet: '0x0' });
}

/** A number of 64 bits. `presence` is a flag of the option that says whether it is there. */
export function uint64<O extends object>(
  property: PropertyOf<O, bigint>,
  style: FieldStyle = 'hex',
  extra: Extra<O> & { presence?: PropertyOf<O, boolean> } = {},
): OptionField<O> {
  const { presence, ...rest } = extra;
  return {
    style,
    ...rest,
    read: (option) => get(option, property) as bigint | undefined,
    write: (option, value) => {
      set(option, property, value);
      if (presence !== undefined) set(option, presence, value !== undefined);
    },
  };
}

/** A flag that has a property of its own. */
export function flag<O extends object>(
  property: PropertyOf<O, boolean>,
  letter: string,
  extra: Extra<O> = {},
): OptionField<O> {
  return {
    style: 'bit',
    letter,
    ...extra,
    read: (option) => {
      const value = get(option, property);
      return typeof value === 'boolean' ? BigInt(value) : undefined;
    },
    write: (option, value) => set(option, property, value !== undefined && value !== 0n),
  };
}

/** Bytes. */
export function bytes<O extends object>(property: PropertyOf<O, Uint8Array>, extra: Extra<O> = {}): OptionField<O> {
  return {
    style: 'bytes',
    ...extra,
    read: (option) => get(option, property) as Uint8Array | undefined,
    write: (option, value) => set(option, property, value),
  };
}

/** An address. */
export function address<O extends object>(property: PropertyOf<O, string>): OptionField<O> {
  return {
    style: 'text',
    read: (option) => get(option, property) as string | undefined,
    write: (option, value) => set(option, property, value),
  };
}
