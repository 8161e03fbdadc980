/** A worker process of `prove`: runs the tasks that its parent sends, one after the other. */
import type { WorkerMessage } from '../../prove/pool.ts';
import { runTask, type Task } from '../../prove/task.ts';
import { openProject } from '../inputs/project.ts';
import { taskContext } from './context.ts';

const context = taskContext(openProject());

function say(message: WorkerMessage): void {
  process.send?.(message);
}

process.on('message', (task: Task) => {
  runTask(task, context).then(
    (results) => say({ kind: 'done', results }),
    (error: unknown) => say({ kind: 'failed', message: error instanceof Error ? (error.stack ?? '') : String(error) }),
  );
});
// The parent is gone.
process.on('disconnect', () => process.exit(2));
say({ kind: 'ready' });
