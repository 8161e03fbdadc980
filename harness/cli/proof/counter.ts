/** Shows the progress of a long task on a terminal. */
export function counter(total: number): () => void {
  let done = 0;
  return () => {
    done += 1;
    if (process.stderr.isTTY) process.stderr.write(done === total ? '\r\x1b[K' : `\r\x1b[K${done} of ${total}`);
  };
}
