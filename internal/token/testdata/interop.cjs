// Verifies tokens with the two JWT libraries of Node that Zoom's samples and
// quickstarts build on, and signs one. Its argument is the package.json beside
// the node_modules that hold them; cases come in as JSON, results go out as JSON.
"use strict";
const { createRequire } = require("node:module");
const { pathToFileURL } = require("node:url");
const { readFileSync } = require("node:fs");

const from = createRequire(process.argv[2]);

// attempt returns what a library read, or the name of its error.
async function attempt(verify) {
  try {
    return { payload: await verify() };
  } catch (error) {
    return { error: `${error.name}: ${error.message}` };
  }
}

async function main() {
  const jsonwebtoken = from("jsonwebtoken");
  const jose = await import(pathToFileURL(from.resolve("jose"))); // ES modules only
  const results = [];
  for (const { token, secret, now } of JSON.parse(readFileSync(0, "utf8"))) {
    results.push({
      jsonwebtoken: await attempt(() =>
        jsonwebtoken.verify(token, secret, { algorithms: ["HS256"], clockTimestamp: now })),
      jose: await attempt(async () => {
        const key = new TextEncoder().encode(secret);
        const { payload, protectedHeader } = await jose.jwtVerify(token, key, {
          algorithms: ["HS256"], typ: "JWT", currentDate: new Date(now * 1000),
          requiredClaims: ["app_key", "role_type", "iat", "exp"],
        });
        if (Object.keys(protectedHeader).join() !== "alg,typ") throw new Error("header");
        return payload;
      }),
      // The same claims, signed by Node: ours must accept them.
      signed: jsonwebtoken.sign(jsonwebtoken.decode(token), secret),
    });
  }
  process.stdout.write(JSON.stringify(results));
}

main();
