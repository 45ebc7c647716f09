(() => {
  'use strict';
  const table = document.getElementById('listed');
  if (!table) return;
  const controls = document.getElementById('controls');
  const words = document.getElementById('words');
  const status = document.getElementById('status');
  const shown = document.getElementById('shown');
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);

  const filter = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !(wanted.every((word) => text.includes(word)) && (!status.value || row.cells[1].textContent === status.value));
      if (!row.hidden) n++;
    }
    shown.textContent = n.toLocaleString('en') + ' of ' + rows.length.toLocaleString('en') + ' shown';
  };

  const sort = (head, index, kind) => {
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const text = (row) => row.cells[index].textContent;
    const compare = kind === 'number' ? (a, b) => Number(text(a)) - Number(text(b)) : (a, b) => text(a).localeCompare(text(b));
    rows.sort((a, b) => (down ? compare(b, a) : compare(a, b)));
    body.append(...rows);
  };

  Array.from(table.tHead.rows[0].cells).forEach((head, index) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    button.addEventListener('click', () => sort(head, index, head.dataset.sort));
    head.replaceChildren(button);
  });
  words.addEventListener('input', filter);
  status.addEventListener('change', filter);
  controls.addEventListener('submit', (event) => event.preventDefault());
  controls.hidden = false;
  filter();
})();
