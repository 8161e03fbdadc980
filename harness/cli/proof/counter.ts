/** Says on a terminal how much of something is done. */
export function counter(total: number): () => void {
  let done = 0;
  return () => {
    done += 1;
    if (process.stderr.isTTY) process.stderr.write(done === total ? '\r\x1b[K' : `\r\x1b[K${done} of ${total}`);
  };
}
