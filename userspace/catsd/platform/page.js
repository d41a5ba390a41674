// SPDX-License-Identifier: GPL-2.0-or-later
// What comes from the catalogue is text, never markup: somebody else wrote it.
"use strict";

const rows = document.getElementById("services");
const more = document.getElementById("more");
let next = null;
let shown = 0;
let turn = 0;

function cell(row, content) {
	const td = row.insertCell();

	td.append(...[content ?? "–"].flat());
	return td;
}

function list(texts) {
	if (!texts || !texts.length)
		return "–";
	const ul = document.createElement("ul");

	for (const text of texts) {
		const li = document.createElement("li");

		li.textContent = text;
		ul.append(li);
	}
	return ul;
}

function note(text) {
	const small = document.createElement("small");

	small.textContent = text;
	return small;
}

// Only what a browser would ask a server for; not javascript:
function code(text) {
	if (!/^https?:\/\//.test(text ?? ""))
		return text;
	const link = document.createElement("a");

	link.href = text;
	link.rel = "noopener noreferrer";
	link.textContent = text.replace(/^https?:\/\//, "");
	return link;
}

function duration(us) {
	if (us >= 1000000)
		return us / 1000000 + " s";
	return us >= 1000 ? us / 1000 + " ms" : us + " µs";
}

function time(t) {
	const range = t["min-us"] === undefined ? "≤ " + duration(t["max-us"]) :
		duration(t["min-us"]) + " – " + duration(t["max-us"]);

	return t.note ? [range, note(t.note)] : range;
}

function show(service) {
	const row = rows.insertRow();

	cell(row, service.csid ? [service.id, note("CS-ID " + service.csid)] :
				 service.id);
	cell(row, service.name);
	cell(row, list(service.input));
	cell(row, service.description);
	cell(row, code(service.code));
	cell(row, service.computing);
	cell(row, service.storage);
	cell(row, time(service["computing-time"]));
	cell(row, list(service.software));
}

async function load(after) {
	const words = document.getElementById("words").value;
	const query = new URLSearchParams();
	const mine = ++turn;

	if (words)
		query.set("search", words);
	if (after)
		query.set("after", after);
	const answer = await fetch("services?" + query);
	const body = await answer.json();

	// a later search has overtaken this one
	if (mine !== turn)
		return;
	if (!answer.ok)
		throw new Error(body.error);
	if (!after) {
		rows.replaceChildren();
		shown = 0;
	}
	body.services.forEach(show);
	shown += body.services.length;
	next = body.next;
	more.hidden = !next;
	document.getElementById("empty").hidden = shown > 0;
	document.getElementById("count").textContent =
		shown + (next ? "+" : "") + (shown === 1 ? " service" : " services");
}

async function tryLoad(after) {
	const problem = document.getElementById("problem");

	try {
		await load(after);
		problem.hidden = true;
	} catch (error) {
		problem.textContent = "The catalogue cannot be read: " + error.message;
		problem.hidden = false;
	}
}

document.getElementById("search").addEventListener("submit", event => {
	event.preventDefault();
	tryLoad(null);
});
document.getElementById("words").addEventListener("input", () => tryLoad(null));
more.addEventListener("click", () => tryLoad(next));
tryLoad(null);
