/** The page of `npm run slips` in a real browser, as it is printed. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import QRCode from "qrcode";
import { slipsPage, type Slip } from "../../scripts/slipsPage";
import { TestBrowser } from "../browser/browser";

const ADDRESS = "https://jupyter.example.org";
const NAMES = ["Айгуль Бекова", "Өмүрбек Жээнбеков", "Ғайрат Раҳимов", ""];
const SLIPS: Slip[] = Array.from({ length: 23 }, (_, index) => ({
  person: NAMES[index % NAMES.length] ?? "",
  account: `participant${index}`,
  password: index === 5 ? "" : `password${index}xyz`,
}));

/** Dark and light squares of the first code, as they are drawn; the code has one square of margin. */
function squares(): Promise<boolean[]> {
  const svg = document.querySelector("svg") as SVGSVGElement;
  const count = svg.viewBox.baseVal.width;
  const scale = 8;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = count * scale;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("width", String(canvas.width));
  copy.setAttribute("height", String(canvas.height));
  const image = new Image();
  return new Promise((resolve, reject) => {
    image.onerror = () => reject(new Error("the code cannot be drawn"));
    image.onload = () => {
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      const dark: boolean[] = [];
      for (let y = 1; y < count - 1; y += 1) {
        for (let x = 1; x < count - 1; x += 1) {
          const at = (place: number) => Math.floor((place + 0.5) * scale);
          dark.push((context.getImageData(at(x), at(y), 1, 1).data[0] ?? 255) < 128);
        }
      }
      resolve(dark);
    };
    image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  });
}

describe("the page of slips", () => {
  const file = path.join(__dirname, "../../scripts/slips.html.mustache");
  let browser: TestBrowser | undefined;
  before(async () => {
    browser = await TestBrowser.open();
  });
  after(() => browser?.close());

  it("has a card for each, ten on a sheet of A4, and asks nobody for anything", async () => {
    const { page } = (await browser?.visitor()) ?? assert.fail();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.setContent(await slipsPage(SLIPS, ADDRESS, fs.readFileSync(file, "utf8"), file));
    await page.emulateMedia({ media: "print" });
    const cards = page.locator(".slip");
    assert.equal(await cards.count(), SLIPS.length);
    assert.equal(await page.locator(".slip svg").count(), SLIPS.length);
    const texts = await cards.allInnerTexts();
    texts.forEach((text, index) => {
      const slip = SLIPS[index];
      for (const part of [slip?.person, slip?.account, slip?.password, ADDRESS]) {
        assert.ok(text.includes(part ?? ""), `${part} in ${text}`);
      }
    });
    assert.ok(texts[5]?.includes("your own password"));
    const overflows = await cards.evaluateAll((all) =>
      all.filter((one) => one.scrollHeight > one.clientHeight || one.scrollWidth > one.clientWidth),
    );
    assert.equal(overflows.length, 0);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    assert.equal(pdf.toString("latin1").match(/\/Type ?\/Page\b/g)?.length, 3);
    assert.deepEqual(asked, []);
  });

  it("shows the address as a code that a phone reads", async () => {
    const { page } = (await browser?.visitor()) ?? assert.fail();
    const html = await slipsPage(SLIPS.slice(0, 1), ADDRESS, fs.readFileSync(file, "utf8"), file);
    // The page's own rules let nothing be loaded, not even the copy that this test draws.
    await page.setContent(html.replace(/<meta http-equiv[^>]*>/, ""));
    const { modules } = QRCode.create(ADDRESS, { errorCorrectionLevel: "M" });
    assert.deepEqual(await page.evaluate(squares), [...modules.data].map(Boolean));
  });
});
