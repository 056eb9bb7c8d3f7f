// Tags through AWS's JavaScript client: ARNs with colons and slashes in one label, odd keys in the query.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GetProfileObjectTypeCommand,
  ListTagsForResourceCommand,
  PutProfileObjectTypeCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-customer-profiles";
import { ARN, domain, MAPPING, ODD_KEY, send, UNICODE } from "./conversation.js";

const tags = async (resourceArn) =>
  (await send(new ListTagsForResourceCommand({ resourceArn }))).tags ?? {};

test("tags are merged and removed", async (t) => {
  const DomainName = await domain(t);
  const type = { DomainName, ObjectTypeName: "Orders" };
  await send(
    new PutProfileObjectTypeCommand({
      ...type,
      Description: "d",
      ...MAPPING,
      Tags: { kept: "1", changed: "2" },
    }),
  );
  const resourceArn = `${ARN}:domains/${DomainName}/object-types/Orders`;
  const added = { changed: UNICODE, [ODD_KEY]: "", ["k".repeat(128)]: "v" };
  await send(new TagResourceCommand({ resourceArn, tags: added }));
  assert.deepEqual(await tags(resourceArn), { kept: "1", ...added });
  const got = await send(new GetProfileObjectTypeCommand(type));
  assert.deepEqual(got.Tags, { kept: "1", ...added });
  const tagKeys = [ODD_KEY, "k".repeat(128), "never-set"];
  await send(new UntagResourceCommand({ resourceArn, tagKeys }));
  assert.deepEqual(await tags(resourceArn), { kept: "1", changed: UNICODE });
  assert.deepEqual(await tags(`${ARN}:domains/${DomainName}`), {});
});

test("every odd character by itself", async (t) => {
  const resourceArn = `${ARN}:domains/${await domain(t)}`;
  for (const character of "+,-./:;<=_0Zz") {
    const key = `a${character}b`;
    const both = { [key]: character, other: "stays" };
    await send(new TagResourceCommand({ resourceArn, tags: both }));
    assert.deepEqual(await tags(resourceArn), both);
    await send(new UntagResourceCommand({ resourceArn, tagKeys: [key] }));
    assert.deepEqual(await tags(resourceArn), { other: "stays" }, character);
  }
});
