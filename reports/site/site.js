// Theme, filters and cells that can be clicked. The pages say everything without it.
'use strict';

const THEMES = ['auto', 'light', 'dark'];

/** The reader's choice; storage may be refused for files on disk. */
function stored(value) {
  try {
    if (value === undefined) return localStorage.getItem('theme') ?? 'auto';
    localStorage.setItem('theme', value);
  } catch {
    // Not kept from page to page, then.
  }
  return value ?? 'auto';
}

function applyTheme(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function startTheme() {
  const button = document.getElementById('theme');
  let theme = THEMES.includes(stored()) ? stored() : 'auto';
  const show = () => {
    applyTheme(theme);
    button.textContent = `Theme: ${theme}`;
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    stored(theme);
    show();
  });
  show();
}

/** What a row is filtered by, read once. */
function describe(row) {
  const cells = [...row.cells].slice(1);
  return {
    row,
    text: row.textContent.toLowerCase(),
    level: row.dataset.l,
    roles: row.dataset.r.split(' '),
    options: row.dataset.o.split(' '),
    differs: row.dataset.d === '1',
    verdicts: new Set(cells.map((cell) => cell.className || 'none')),
  };
}

function matches(one, want) {
  return want.q.every((word) => one.text.includes(word)) &&
    (want.level === '' || one.level === want.level) &&
    (want.role === '' || one.roles.includes(want.role)) &&
    (want.option === '' || one.options.includes(want.option)) &&
    (want.verdict === '' || one.verdicts.has(want.verdict)) &&
    (!want.differs || one.differs);
}

function startFilters() {
  const form = document.getElementById('filters');
  if (form === null) return;
  const table = document.getElementById('matrix');
  const rows = [...table.querySelectorAll('tr[data-l]')].map(describe);
  const shown = document.getElementById('shown');
  const field = (name) => form.elements.namedItem(name);

  const apply = () => {
    const want = {
      q: field('q').value.toLowerCase().split(/\s+/).filter((word) => word !== ''),
      level: field('level').value, role: field('role').value, option: field('option').value, verdict: field('verdict').value,
      differs: field('differs')?.checked ?? false,
    };
    let count = 0;
    for (const one of rows) {
      one.row.hidden = !matches(one, want);
      if (!one.row.hidden) count++;
    }
    for (const body of table.tBodies) body.hidden = [...body.rows].slice(1).every((row) => row.hidden);
    shown.textContent = `${count} of ${rows.length} clauses`;
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== '')).toString();
    if (!location.hash.startsWith('#s')) history.replaceState(null, '', query === '' ? location.pathname : `#?${query}`);
  };

  // A link can carry what is filtered: index.html#?level=must&verdict=fail
  if (location.hash.startsWith('#?')) {
    for (const [name, value] of new URLSearchParams(location.hash.slice(2))) {
      const input = field(name);
      if (input === null || input instanceof RadioNodeList) continue;
      if (input.type === 'checkbox') input.checked = value === '1';
      else input.value = value;
    }
  }
  form.hidden = false;
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => setTimeout(apply));
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    field('q').focus();
  });
  apply();
}

/** A click on a verdict leads to what that stack did; the keyboard gets there by the clause's page. */
function startCells() {
  const table = document.getElementById('matrix');
  if (table === null) return;
  const stacks = [...table.tHead.rows[0].querySelectorAll('a')].map((link) => link.getAttribute('href').replace(/^stack\/|\.html$/g, ''));
  table.addEventListener('click', (event) => {
    const cell = event.target.closest('td');
    if (cell === null) return;
    location.href = `${cell.parentElement.querySelector('a').getAttribute('href')}#${stacks[cell.cellIndex - 1]}`;
  });
}

startTheme();
startFilters();
startCells();
