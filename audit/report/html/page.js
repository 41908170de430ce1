"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;

  // Light and dark: the system decides until somebody presses the button.
  const theme = $("theme");
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const named = () => { theme.textContent = dark() ? "Light" : "Dark"; theme.setAttribute("aria-label", dark() ? "Show in light colours" : "Show in dark colours"); };
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; named(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", named);
  named();

  document.querySelectorAll(".tools").forEach((t) => { t.hidden = false; });

  const soon = (work) => { let timer; return () => { clearTimeout(timer); timer = setTimeout(work, 120); }; };
  const compare = new Intl.Collator("en", { numeric: true }).compare;

  // A head that sorts: a button in it, and aria-sort on it. sort is called with the
  // column's number and 1 or -1.
  const sortable = (head, sort) => {
    const cells = [...head.cells];
    cells.forEach((th, i) => {
      if (th.classList.contains("nosort")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener("click", () => {
        const up = th.getAttribute("aria-sort") ? th.getAttribute("aria-sort") !== "ascending" : !th.classList.contains("num");
        cells.forEach((c) => c.removeAttribute("aria-sort"));
        th.setAttribute("aria-sort", up ? "ascending" : "descending");
        sort(i, up ? 1 : -1, th);
      });
    });
  };

  // Tables that are in the page already.
  document.querySelectorAll("table.sortable").forEach((table) => {
    sortable(table.tHead.rows[0], (i, way, th) => {
      const number = th.classList.contains("num");
      const value = (row) => { const text = row.cells[i].textContent.trim(); return number ? parseFloat(text.replace(/,/g, "")) || 0 : text; };
      const rows = [...table.tBodies[0].rows].map((row) => [value(row), row]);
      rows.sort((a, b) => way * (number ? a[0] - b[0] : compare(a[0], b[0])));
      table.tBodies[0].append(...rows.map((r) => r[1]));
    });
  });
  document.querySelectorAll("[data-filter]").forEach((input) => {
    const rows = [...$(input.dataset.filter).tBodies[0].rows];
    input.addEventListener("input", soon(() => {
      const wanted = input.value.trim().toLowerCase();
      rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
    }));
  });

  // Findings: the first of many, until somebody asks for more.
  let unfold = () => {};
  const findings = [...document.querySelectorAll("details.finding")];
  if (findings.length) {
    const query = $("findings-q"), severity = $("findings-s"), open = $("findings-open");
    const texts = findings.map((f) => f.textContent.toLowerCase());
    const section = $("findings"), all = $("findings-all");
    unfold = () => { section.classList.remove("folded"); all.hidden = true; };
    const folded = 12;
    if (findings.length > folded) {
      section.classList.add("folded");
      all.hidden = false;
      all.textContent = "Show all " + findings.length + " findings";
      all.addEventListener("click", () => { unfold(); findings[folded].querySelector("summary").focus(); });
    }
    const show = () => {
      const wanted = query.value.trim().toLowerCase();
      if (wanted !== "" || severity.value !== "") unfold();
      let n = 0;
      findings.forEach((f, i) => {
        f.hidden = !texts[i].includes(wanted) || (severity.value !== "" && f.dataset.severity !== severity.value);
        if (!f.hidden) n++;
      });
      $("findings-n").textContent = n + " of " + findings.length + " match";
    };
    query.addEventListener("input", soon(show));
    severity.addEventListener("change", show);
    open.addEventListener("click", () => {
      const opening = open.textContent === "Open all";
      findings.forEach((f) => { if (!f.hidden) f.open = opening; });
      open.textContent = opening ? "Close all" : "Open all";
    });
    show();
  }

  // People.
  const table = $("people-table");
  let filterPeople = null;
  if (table) {
    const data = JSON.parse($("people-data").textContent);
    const states = {}, order = {};
    [...$("people-s").options].forEach((o, i) => { states[o.value] = o.dataset.short; order[o.value] = i; });
    const group = (row) => data.groups[row[1]];
    const keys = {
      name: (r) => r[0], state: (r) => order[group(r).s] || 0, why: (r) => group(r).w, way: (r) => group(r).p, blockers: (r) => group(r).b,
      registered: (r) => r[2], usable: (r) => r[3], confidence: (r) => group(r).c, platforms: (r) => group(r).o,
    };
    const groupTexts = data.groups.map((g) => [states[g.s], g.w, g.p, g.b, g.c, g.o].join("\n").toLowerCase());
    const size = 25;
    let shown = data.rows, page = 0, by = null, way = 1;
    const query = $("people-q"), state = $("people-s");
    const draw = () => {
      const pages = Math.max(1, Math.ceil(shown.length / size));
      page = Math.min(page, pages - 1);
      const body = document.createElement("tbody");
      for (const r of shown.slice(page * size, (page + 1) * size)) {
        const g = group(r), tr = body.insertRow();
        const name = document.createElement("th");
        name.scope = "row";
        const bdi = document.createElement("bdi");
        bdi.textContent = r[0];
        name.append(bdi);
        tr.append(name);
        const count = (n) => (n < 0 ? "?" : String(n));
        [states[g.s] || g.s, g.w, g.p, g.b, count(r[2]), count(r[3]), g.c, g.o].forEach((text, i) => {
          const td = tr.insertCell();
          td.textContent = text;
          if (i === 0) {
            const swatch = document.createElement("span");
            swatch.className = "swatch f-" + g.s;
            swatch.setAttribute("aria-hidden", "true");
            td.prepend(swatch);
          }
          if (i === 4 || i === 5) td.className = "num";
        });
      }
      table.tBodies[0].replaceWith(body);
      $("people-n").textContent = shown.length.toLocaleString("en") + " of " + data.rows.length.toLocaleString("en") + " listed people";
      $("people-page").textContent = "Page " + (page + 1) + " of " + pages;
      $("people-prev").disabled = page === 0;
      $("people-next").disabled = page >= pages - 1;
    };
    const order2 = () => {
      if (!by) return;
      const key = keys[by], text = by !== "state" && by !== "registered" && by !== "usable";
      const rows = shown.map((r) => [key(r), r]);
      rows.sort((a, b) => way * (text ? (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) : a[0] - b[0]));
      shown = rows.map((r) => r[1]);
    };
    const show = () => {
      const wanted = query.value.trim().toLowerCase(), only = state.value;
      const hit = groupTexts.map((t) => wanted !== "" && t.includes(wanted));
      shown = data.rows.filter((r) => (only === "" || group(r).s === only) && (wanted === "" || hit[r[1]] || r[0].toLowerCase().includes(wanted)));
      order2();
      page = 0;
      draw();
    };
    sortable(table.tHead.rows[0], (i, to, th) => { by = th.dataset.key; way = to; shown = shown.slice(); order2(); page = 0; draw(); });
    query.addEventListener("input", soon(show));
    state.addEventListener("change", show);
    $("people-prev").addEventListener("click", () => { page--; draw(); });
    $("people-next").addEventListener("click", () => { page++; draw(); });
    filterPeople = (only) => { state.value = only; query.value = ""; show(); };
    table.hidden = false;
    $("people-pager").hidden = false;
    draw();
  }

  // Deep links: a finding opens, #people:trapped filters.
  const follow = () => {
    const at = decodeURIComponent(location.hash.slice(1));
    if (filterPeople && at.startsWith("people:")) {
      filterPeople(at.slice(7));
      $("people").scrollIntoView();
      return;
    }
    const target = at && $(at);
    if (target && target.tagName === "DETAILS") {
      unfold();
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", follow);
  follow();

  // Paper cannot be opened: everything is, for as long as it prints.
  let closed = [];
  addEventListener("beforeprint", () => { closed = [...document.querySelectorAll("details:not([open])")]; closed.forEach((d) => { d.open = true; }); });
  addEventListener("afterprint", () => { closed.forEach((d) => { d.open = false; }); closed = []; });

  performance.mark("ready");
  root.dataset.ready = "true";
})();
