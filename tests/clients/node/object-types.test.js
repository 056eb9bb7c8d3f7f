// Object types and templates through AWS's JavaScript client.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BadRequestException,
  DeleteProfileObjectTypeCommand,
  GetProfileObjectTypeCommand,
  GetProfileObjectTypeTemplateCommand,
  ListProfileObjectTypesCommand,
  ListProfileObjectTypeTemplatesCommand,
  PutProfileObjectTypeCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-customer-profiles";
import {
  assertNow,
  domain,
  MAPPING,
  ODD_KEY,
  pages,
  send,
  UNICODE,
} from "./conversation.js";

const put = (DomainName, ObjectTypeName, members = {}) =>
  send(
    new PutProfileObjectTypeCommand({
      DomainName,
      ObjectTypeName,
      Description: "a type",
      ...MAPPING,
      ...members,
    }),
  );
const get = (DomainName, ObjectTypeName) =>
  send(new GetProfileObjectTypeCommand({ DomainName, ObjectTypeName }));

test("put and get agree", async (t) => {
  const name = await domain(t);
  const members = {
    Description: UNICODE,
    ExpirationDays: 365,
    EncryptionKey: "arn:aws:kms:us-east-1:123456789012:key/k",
    AllowProfileCreation: true,
    Tags: { [ODD_KEY]: UNICODE, empty: "" },
  };
  const answer = await put(name, "Orders", members);
  const got = await get(name, "Orders");
  assert.deepEqual({ ...got, ...members, ...MAPPING }, got);
  assert.equal(answer.ObjectTypeName, "Orders");
  assert.equal(answer.Description, UNICODE);
  assert.equal(got.$metadata.httpStatusCode, 200);
  assertNow(got.CreatedAt);
  assert(got.CreatedAt <= got.LastUpdatedAt);
});

test("put replaces the mapping and keeps the tags", async (t) => {
  const name = await domain(t);
  await put(name, "Orders", { Tags: { a: "b" } });
  const Fields = { id: { Source: "_source.id" } };
  const Keys = {
    orderKey: [
      { StandardIdentifiers: ["PROFILE", "UNIQUE"], FieldNames: ["id"] },
    ],
  };
  await put(name, "Orders", { Description: "new", Fields, Keys });
  const got = await get(name, "Orders");
  assert.equal(got.Description, "new");
  assert.equal(got.Fields.id.Source, "_source.id");
  assert.deepEqual(Object.keys(got.Fields), ["id"]);
  assert.deepEqual(Object.keys(got.Keys), ["orderKey"]);
  assert.deepEqual(got.Tags, { a: "b" });
  assert(!got.AllowProfileCreation);
});

test("a refused put changes nothing", async (t) => {
  const name = await domain(t);
  await put(name, "Orders", { Description: "before" });
  await assert.rejects(
    put(name, "Orders", { Description: "after", ExpirationDays: 0 }),
    BadRequestException,
  );
  assert.equal((await get(name, "Orders")).Description, "before");
});

test("delete", async (t) => {
  const DomainName = await domain(t);
  await put(DomainName, "Orders");
  const deleted = await send(
    new DeleteProfileObjectTypeCommand({ DomainName, ObjectTypeName: "Orders" }),
  );
  assert.equal(typeof deleted.Message, "string");
  await assert.rejects(get(DomainName, "Orders"), ResourceNotFoundException);
});

test("list pages", async (t) => {
  const DomainName = await domain(t);
  const names = Array.from({ length: 23 }, (_, number) => `Type${number}`);
  for (const name of names) {
    await put(DomainName, name, { Description: `about ${name}` });
  }
  for (const MaxResults of [1, 10, 23, 100, undefined]) {
    const input = { DomainName, MaxResults };
    const { items, sizes } = await pages(ListProfileObjectTypesCommand, input);
    assert(Math.max(...sizes) <= (MaxResults ?? 100));
    const listed = items.map((item) => item.ObjectTypeName);
    assert.deepEqual(listed.toSorted(), names.toSorted());
    for (const item of items) {
      assert.equal(item.Description, `about ${item.ObjectTypeName}`);
    }
  }
});

test("every listed template can be had", async () => {
  const { items } = await pages(ListProfileObjectTypeTemplatesCommand, {
    MaxResults: 7,
  });
  const ids = items.map((item) => item.TemplateId);
  assert.equal(new Set(ids).size, ids.length);
  assert(ids.includes("CTR"));
  for (const { TemplateId, SourceName, SourceObject } of items) {
    const got = await send(
      new GetProfileObjectTypeTemplateCommand({ TemplateId }),
    );
    assert.equal(got.TemplateId, TemplateId);
    assert.equal(got.SourceName, SourceName);
    assert.equal(got.SourceObject, SourceObject);
    for (const key of Object.values(got.Keys).flat()) {
      for (const field of key.FieldNames) {
        assert(field in got.Fields, `${TemplateId}: ${field}`);
      }
    }
  }
});
