// Oracle: mailparser (Nodemailer's, Haraka's and many web mailers') or postal-mime (Cloudflare's), by name. As read_email.py.
// Where they are installed is told by NODE_MODULES: test/oracles/node does it.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.env.NODE_MODULES + "/"));
const contentBytes = 65536;

async function postalMime() {
    const PostalMime = (await import(pathToFileURL(require.resolve("postal-mime")))).default;
    return async (raw) => {
        const found = await PostalMime.parse(raw, { forceRfc822Attachments: false });
        return found.attachments.map((a) => [a.filename, Buffer.from(a.content)]);
    };
}

function mailparser() {
    const { simpleParser } = require("mailparser");
    return async (raw) => {
        const found = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true });
        return found.attachments.map((a) => [a.filename, a.content]);
    };
}

const parse = process.argv[2] === "mailparser" ? mailparser() : await postalMime();
for await (const path of createInterface({ input: process.stdin })) {
    let files = [];
    try {
        files = await parse(readFileSync(path));
    } catch {
        files = [];
    }
    const names = [...new Set(files.map((f) => f[0]).filter(Boolean))];
    const contents = files.map((f) => f[1].subarray(0, contentBytes).toString("base64")).filter(Boolean);
    process.stdout.write(JSON.stringify({ names, contents: [...new Set(contents)] }) + "\n");
}
