"use strict";
(() => {
    const form = document.getElementById("filter");
    const shown = document.getElementById("shown");
    const findings = [...document.querySelectorAll("[data-finding]")];
    const rows = [...document.querySelectorAll("[data-row]")];
    const causes = [...document.querySelectorAll("[data-cause]")];

    function apply() {
        const wanted = new FormData(form);
        const severities = wanted.getAll("severity");
        const text = wanted.get("text").trim().toLowerCase();
        const fits = (element) =>
            (!wanted.get("role") || element.dataset.role === wanted.get("role")) && element.dataset.object.includes(text);
        for (const element of findings) {
            element.hidden = !(
                fits(element) &&
                severities.includes(element.dataset.severity) &&
                (!wanted.get("code") || element.dataset.code === wanted.get("code"))
            );
        }
        for (const cause of causes) {
            const left = cause.querySelectorAll("[data-finding]:not([hidden])").length;
            cause.querySelector("[data-count]").textContent = left;
            cause.hidden = left === 0;
        }
        for (const row of rows) {
            const reach = wanted.get("reach");
            row.hidden = !(fits(row) && (!reach || row.dataset.reach.split(" ").includes(reach)));
        }
        const left = findings.filter((element) => !element.hidden).length;
        shown.textContent = `${left} of ${findings.length} findings, ${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
    }

    // A page opened from a file may not be let at the clipboard: then the text is selected, for the older way or by hand.
    async function copy(button, block) {
        try {
            await navigator.clipboard.writeText(block.textContent);
            button.textContent = "Copied";
        } catch {
            getSelection().selectAllChildren(block);
            button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
        }
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
    }

    function reveal() {
        const target = location.hash.startsWith("#f") && document.getElementById(location.hash.slice(1));
        if (target && target.matches("[data-finding]")) {
            target.closest("[data-cause]").open = true;
            target.querySelector("details").open = true;
            target.scrollIntoView();
        }
    }

    for (const block of document.querySelectorAll(".sql")) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "copy";
        button.textContent = "Copy";
        button.setAttribute("aria-label", `Copy: ${block.querySelector(".label").textContent}`);
        button.addEventListener("click", () => copy(button, block.querySelector("pre")));
        block.prepend(button);
    }
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    addEventListener("hashchange", reveal);
    addEventListener("beforeprint", () => { for (const cause of causes) cause.open = true; });
    form.hidden = false;
    apply();
    reveal();
})();
