/**
 * Lets the page answer before the work goes on: with 10,000 files each step takes tens of milliseconds, and together they
 * would be felt. A message and not a timer: timers are held back in tabs out of sight.
 */
export function nextTask(): Promise<void> {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
