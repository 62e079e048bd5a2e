/** What became of a wish to copy. */
export type CopyOutcome = 'copied' | 'selected';

/**
 * Puts the text of an element on the clipboard; where no way of that works, selects it so that a key press does.
 * @param element shows exactly the text.
 */
export async function copyText(element: HTMLElement): Promise<CopyOutcome> {
  try {
    // Absent off https, whatever the types say; calling it then throws, which is caught as well.
    await navigator.clipboard.writeText(element.textContent ?? '');
    return 'copied';
  } catch {
    const selection = getSelection();
    selection?.selectAllChildren(element);
    // Deprecated, but the only way on plain http within a local network.
    if (!document.execCommand('copy')) return 'selected';
    selection?.removeAllRanges();
    return 'copied';
  }
}
