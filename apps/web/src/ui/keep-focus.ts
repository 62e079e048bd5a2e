const PRESSABLE = 'button, a[href]';
/** Farther out nothing has to do with what went away. */
const REGIONS = 'section, article, main';

/**
 * Where what has the keyboard's focus is taken away (the button that was pressed, the row it stood in), browsers let the focus fall back to the start of the page. This
 * moves it to what stands nearest instead: after it, else before it, else around it. A whole screen that gives way to another is left alone.
 */
export function keepFocus(root: HTMLElement): void {
  let last: Node | undefined;
  addEventListener('focusin', ({ target }) => {
    last = target instanceof Node ? target : undefined;
  });
  // Whoever clicked elsewhere has left it; that tells no other element.
  addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && last?.contains(target) !== true) last = undefined;
  });
  new MutationObserver(records => {
    const gone = last;
    if (gone === undefined || gone.isConnected) return;
    last = undefined;
    if (document.activeElement !== document.body || !document.hasFocus()) return;
    const removal = records.find(
      ({ target, removedNodes }) =>
        target !== root && target.isConnected && [...removedNodes].some(node => node.contains(gone)),
    );
    if (removal !== undefined) nearest(removal, root)?.focus({ preventScroll: true });
  }).observe(root, { childList: true, subtree: true });
}

function nearest(
  { target, nextSibling, previousSibling }: MutationRecord,
  root: Node,
): HTMLElement | undefined {
  for (let node = nextSibling; node !== null; node = node.nextSibling) {
    const [first] = pressablesIn(node);
    if (first !== undefined) return first;
  }
  for (let node = previousSibling; node !== null; node = node.previousSibling) {
    const before = pressablesIn(node).at(-1);
    if (before !== undefined) return before;
  }
  for (let node: Node | null = target; node !== null && node !== root; node = node.parentNode) {
    // The last of several is the one that does least: "Keep" beside "Delete".
    const around = pressablesIn(node).at(-1);
    if (around !== undefined) return around;
    if (node instanceof Element && node.matches(REGIONS)) return undefined;
  }
  return undefined;
}

function pressablesIn(node: Node): HTMLElement[] {
  if (!(node instanceof HTMLElement) || !node.isConnected) return [];
  return node.matches(PRESSABLE) ? [node] : [...node.querySelectorAll<HTMLElement>(PRESSABLE)];
}
