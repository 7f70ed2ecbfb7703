// Shows how many incidents wait in every queue and keeps the numbers fresh.
// The token comes from the address (#token=jd_…) or is asked for once; it stays in this tab alone.
"use strict";

const TOKEN = "jiedao.token";
const EVERY_MS = 2000;
const SLOWEST_MS = 30000;
const ANSWER_MS = 8000;

const part = (id) => document.getElementById(id);
let failures = 0;
let timer = 0;
let turn = 0; // the latest look; an older one that answers late is ignored
let shown = new Map(); // what each cell showed last, to mark what changed

function takeTokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  sessionStorage.setItem(TOKEN, given);
  history.replaceState(null, "", location.pathname); // so that it is neither bookmarked nor shared
}

function say(state, text) {
  const connection = part("connection");
  if (connection.dataset.state !== state || part("connection-text").textContent !== text) {
    connection.dataset.state = state;
    part("connection-text").textContent = text;
  }
  part("board").toggleAttribute("data-stale", state === "lost");
}

function askForToken(reason) {
  clearTimeout(timer);
  turn += 1;
  sessionStorage.removeItem(TOKEN);
  part("board").hidden = true;
  part("entry").hidden = false;
  part("entry").toggleAttribute("data-refused", Boolean(reason));
  if (reason) part("entry-reason").textContent = reason;
  say("idle", "未连接");
  part("token").focus();
}

async function look() {
  clearTimeout(timer);
  const mine = ++turn;
  const token = sessionStorage.getItem(TOKEN);
  if (!token) return askForToken("");
  try {
    const answer = await fetch("/v1/queues", {
      headers: { Authorization: `Bearer ${token}` },
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (mine !== turn) return;
    if (answer.status === 401) return askForToken("令牌无效、已过期或已撤销，请重新输入。");
    if (answer.status === 403) return askForToken("此令牌无权查看任务队列，请换一个。");
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const counts = await answer.json();
    if (mine !== turn) return;
    show(counts);
    failures = 0;
    say("live", "实时更新");
  } catch (error) {
    if (mine !== turn) return;
    failures += 1;
    say("lost", `连接中断，正在重试（${error.message}）`);
  }
  if (!document.hidden) timer = setTimeout(look, Math.min(EVERY_MS * 2 ** Math.max(0, failures - 1), SLOWEST_MS));
}

function show(counts) {
  part("entry").hidden = true;
  part("board").hidden = false;
  part("district").textContent = `${counts.district_name} · 街道综合指挥平台`;
  part("approximate").hidden = !counts.boundaries.approximate;
  part("boundaries").textContent = counts.boundaries.version;
  part("total").textContent = counts.total;
  part("triage").textContent = counts.triage;
  part("position").textContent = counts.position;
  part("updated").textContent = new Date().toLocaleTimeString("zh-CN", { hour12: false });
  part("updated").dateTime = new Date().toISOString();

  const columns = [...counts.platforms.map((one) => ({ key: one.code, label: one.label, barred: true })),
    { key: "triage", label: "待判定" }, { key: "total", label: "合计" }];
  part("heads").replaceChildren(headCell("街道", "street"), ...columns.map(({ label, key }) => headCell(label, key)));
  const rows = counts.streets.map((street) => ({ ...street, sums: cells(street) }));
  if (counts.district) {
    rows.push({ ...counts.district, code: "", name: "未归属街道（区级）", sums: cells(counts.district) });
  }
  const most = Math.max(1, ...rows.flatMap((row) => counts.platforms.map((one) => row.sums[one.code])));
  const before = shown;
  shown = new Map();
  part("streets").replaceChildren(...rows.map((row) => rowOf(row, columns, most, before)));
  const all = Object.fromEntries(columns.map(({ key }) => [key, rows.reduce((sum, row) => sum + row.sums[key], 0)]));
  part("sums").replaceChildren(rowOf({ code: "", name: "合计", sums: all }, columns, Infinity, before));
}

function cells(street) {
  return { ...street.platforms, triage: street.triage, total: street.total };
}

function headCell(text, english) {
  const cell = document.createElement("th");
  const word = document.createElement("span");
  cell.scope = "col";
  word.lang = "en";
  word.textContent = english;
  cell.append(text, word);
  return cell;
}

function rowOf(row, columns, most, before) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = row.name;
  if (row.code) {
    const code = document.createElement("span");
    code.className = "code";
    code.textContent = row.code;
    head.append(code);
  }
  line.append(head, ...columns.map((column) => {
    const whole = column.barred ? most : Infinity;
    return numberCell(`${row.code}${row.name}/${column.key}`, column.label, row.sums[column.key], whole, before);
  }));
  return line;
}

// `whole` is the number that a full bar stands for.
function numberCell(name, label, number, whole, before) {
  const cell = document.createElement("td");
  cell.dataset.label = label;
  cell.textContent = number;
  cell.style.setProperty("--share", number / whole);
  cell.classList.toggle("zero", number === 0);
  cell.classList.toggle("changed", before.has(name) && before.get(name) !== number);
  shown.set(name, number);
  return cell;
}

part("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, part("token").value.trim());
  part("token").value = "";
  failures = 0;
  look();
});
part("leave").addEventListener("click", () => askForToken(""));
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
window.addEventListener("hashchange", () => { takeTokenFromAddress(); look(); });
takeTokenFromAddress();
look();
