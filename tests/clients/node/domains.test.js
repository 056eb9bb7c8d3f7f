// Domains through AWS's JavaScript client.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CreateDomainCommand,
  DeleteDomainCommand,
  GetDomainCommand,
  ListDomainsCommand,
  ListProfileObjectTypesCommand,
  PutProfileObjectTypeCommand,
  ResourceNotFoundException,
  UpdateDomainCommand,
} from "@aws-sdk/client-customer-profiles";
import {
  assertNow,
  domain,
  MAPPING,
  pages,
  send,
  unused,
  UNICODE,
} from "./conversation.js";

test("create and get agree", async (t) => {
  const DomainName = unused();
  const members = {
    DefaultExpirationDays: 1096,
    DefaultEncryptionKey: "arn:aws:kms:us-east-1:123456789012:key/k",
    DeadLetterQueueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/q",
    Matching: { Enabled: false },
    Tags: { purpose: UNICODE },
  };
  const created = await send(new CreateDomainCommand({ DomainName, ...members }));
  t.after(() => send(new DeleteDomainCommand({ DomainName })));
  const got = await send(new GetDomainCommand({ DomainName }));
  for (const [member, value] of Object.entries(members)) {
    assert.deepEqual(got[member], value, member);
  }
  for (const answer of [created, got]) {
    assert.equal(answer.$metadata.httpStatusCode, 200);
    assert(answer.$metadata.requestId);
    assert.equal(answer.DomainName, DomainName);
    assert.equal(answer.DefaultExpirationDays, 1096);
    assertNow(answer.CreatedAt);
    assert(answer.CreatedAt <= answer.LastUpdatedAt);
  }
});

test("update changes what it names, and clears with empty text", async (t) => {
  const DomainName = await domain(t, {
    DefaultEncryptionKey: "key",
    DeadLetterQueueUrl: "url",
    Tags: { a: "b" },
  });
  await send(new UpdateDomainCommand({ DomainName, DefaultExpirationDays: 7 }));
  let got = await send(new GetDomainCommand({ DomainName }));
  assert.equal(got.DefaultExpirationDays, 7);
  assert.equal(got.DefaultEncryptionKey, "key");
  assert.deepEqual(got.Tags, { a: "b" });
  await send(new UpdateDomainCommand({ DomainName, DefaultEncryptionKey: "" }));
  got = await send(new GetDomainCommand({ DomainName }));
  assert(!got.DefaultEncryptionKey);
  assert.equal(got.DeadLetterQueueUrl, "url");
  // This client sends no body at all for a request without body members.
  await send(new UpdateDomainCommand({ DomainName }));
});

test("delete takes everything along", async (t) => {
  const DomainName = await domain(t);
  const type = { DomainName, ObjectTypeName: "Orders", Description: "d" };
  await send(new PutProfileObjectTypeCommand({ ...type, ...MAPPING }));
  const deleted = await send(new DeleteDomainCommand({ DomainName }));
  assert.equal(typeof deleted.Message, "string");
  await assert.rejects(
    send(new GetDomainCommand({ DomainName })),
    ResourceNotFoundException,
  );
  await send(
    new CreateDomainCommand({ DomainName, DefaultExpirationDays: 1 }),
  );
  const { items } = await pages(ListProfileObjectTypesCommand, { DomainName });
  assert.deepEqual(items, []);
});

test("list pages", async (t) => {
  const mine = new Map();
  for (let number = 0; number < 7; number++) {
    mine.set(await domain(t, { Tags: { n: `${number}` } }), `${number}`);
  }
  for (const MaxResults of [1, 3, 100]) {
    const { items, sizes } = await pages(ListDomainsCommand, { MaxResults });
    assert(Math.max(...sizes) <= MaxResults);
    const listed = items.filter((item) => mine.has(item.DomainName));
    assert.equal(listed.length, mine.size, `each once, ${MaxResults} a page`);
    for (const item of listed) {
      assert.deepEqual(item.Tags, { n: mine.get(item.DomainName) });
      assertNow(item.CreatedAt);
      assertNow(item.LastUpdatedAt);
    }
  }
});
