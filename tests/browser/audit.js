// What every page owes its readers, looked at in the browser that shows it. An expression: its value
// is a list of sentences, one for each thing that is wrong.
(() => {
  const wrong = [];
  const told = (element) => {
    const text = (element.textContent || element.value || "").trim().replace(/\s+/g, " ").slice(0, 40);
    const name = element.className && typeof element.className === "string" ? "." + element.className.split(" ")[0] : "";
    return `<${element.localName}${name}> “${text}”`;
  };
  const seen = (element) => {
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || style.clipPath !== "none" || style.opacity === "0") return false;
    return element.getClientRects().length > 0 && (!element.parentElement || seen(element.parentElement));
  };

  // No scrolling sideways.
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1);
    wrong.push(`wider than the window: ${page.scrollWidth} > ${innerWidth}, by ${wide.slice(-3).map(told).join(", ")}`);
  }

  // Contrast of text to its ground (WCAG 2.2, 1.4.3), transparency blended.
  const rgba = (colour) => {
    const parts = colour.match(/[\d.]+/g).map(Number);
    return colour.startsWith("color(") ? [...parts.slice(-3).map((v) => v * 255), 1] : [parts[0], parts[1], parts[2], parts[3] ?? 1];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce((under, top) => over(top, under), canvas);
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let read = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || ["SCRIPT", "STYLE"].includes(element.tagName) || !seen(element)) continue;
    read += 1;
    const under = ground(element);
    const ratio = contrast(over(rgba(getComputedStyle(element).color), under), under);
    if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)}: ${told(element)}`);
    if (parseFloat(getComputedStyle(element).fontSize) < 12) wrong.push(`smaller than 12 px: ${told(element)}`);
  }
  if (read < 3) wrong.push("hardly any text is to be seen");

  // Structure that a screen reader goes by.
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  if (headings.filter((h) => h.localName === "h1").length !== 1) wrong.push("not one h1");
  let level = 0;
  for (const heading of headings) {
    const own = Number(heading.localName[1]);
    if (own > level + 1) wrong.push(`h${level} is followed by ${told(heading)}`);
    level = own;
  }
  if (!page.lang) wrong.push("no language is declared");
  if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
  if (!document.title.trim()) wrong.push("no title");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id stands twice");
  for (const image of document.images) if (!image.hasAttribute("alt")) wrong.push(`no alt: ${image.src}`);
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!field.labels.length && !field.ariaLabel) wrong.push(`no label: ${told(field)}`);
  }
  for (const named of document.querySelectorAll("a, button")) {
    if (!(named.textContent.trim() || named.ariaLabel)) wrong.push(`no words: ${told(named)}`);
  }
  return wrong;
})()
