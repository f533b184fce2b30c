/**
 * Opens the link of a table's row wherever the row is pressed. A link laid over its row does not do: WebKit lets no row
 * contain what is positioned in it, so the last row's link would lie over the whole table.
 */
export function opensRows(body: HTMLElement): () => void {
  const open = (event: MouseEvent): void => {
    const pressed = event.target instanceof Element ? event.target : null;
    if (pressed?.closest('a, button') === null) pressed.closest('tr')?.querySelector('a')?.click();
  };
  body.addEventListener('click', open);
  return () => { body.removeEventListener('click', open); };
}
