// Profiles, objects and searches through AWS's JavaScript client.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AddProfileKeyCommand,
  CreateProfileCommand,
  DeleteProfileCommand,
  DeleteProfileObjectCommand,
  ListProfileObjectsCommand,
  MergeProfilesCommand,
  PutProfileObjectCommand,
  PutProfileObjectTypeCommand,
  SearchProfilesCommand,
  UpdateProfileCommand,
} from "@aws-sdk/client-customer-profiles";
import { domain, send, UNICODE } from "./conversation.js";

const search = async (DomainName, KeyName, ...Values) =>
  (await send(new SearchProfilesCommand({ DomainName, KeyName, Values }))).Items ?? [];

test("an object builds a profile, is listed and deleted", async (t) => {
  const DomainName = await domain(t);
  await send(
    new PutProfileObjectTypeCommand({
      DomainName,
      ObjectTypeName: "Card",
      Description: "a card",
      AllowProfileCreation: true,
      Fields: {
        id: { Source: "_source.id" },
        name: { Source: "{{_source.first}} {{_source.last}}", Target: "_profile.BusinessName" },
      },
      Keys: { cardId: [{ StandardIdentifiers: ["PROFILE", "UNIQUE"], FieldNames: ["id"] }] },
    }),
  );
  const card = { id: 7, first: "Ann", last: UNICODE, more: [null, { deep: true }] };
  const put = await send(
    new PutProfileObjectCommand({
      DomainName,
      ObjectTypeName: "Card",
      Object: JSON.stringify(card),
    }),
  );
  const [profile] = await search(DomainName, "cardId", "7");
  assert.equal(profile.BusinessName, `Ann ${UNICODE}`);
  const object = { DomainName, ProfileId: profile.ProfileId, ObjectTypeName: "Card" };
  const { Items } = await send(new ListProfileObjectsCommand(object));
  assert.equal(Items.length, 1);
  assert.equal(Items[0].ProfileObjectUniqueKey, put.ProfileObjectUniqueKey);
  assert.deepEqual(JSON.parse(Items[0].Object), card);
  const { ProfileObjectUniqueKey } = put;
  await send(new DeleteProfileObjectCommand({ ...object, ProfileObjectUniqueKey }));
  assert.deepEqual((await send(new ListProfileObjectsCommand(object))).Items ?? [], []);
});

test("profiles are created, keyed, merged, updated and deleted", async (t) => {
  const DomainName = await domain(t);
  const make = async (fields) =>
    (await send(new CreateProfileCommand({ DomainName, ...fields }))).ProfileId;
  const main = await make({ FirstName: "Ann", Gender: "FEMALE" });
  const other = await make({ LastName: "Lee", Address: { City: UNICODE } });
  const Values = ["+15551234567"];
  const key = { DomainName, ProfileId: other, KeyName: "_phone", Values };
  assert.deepEqual((await send(new AddProfileKeyCommand(key))).Values, Values);
  await send(
    new MergeProfilesCommand({ DomainName, MainProfileId: main, ProfileIdsToBeMerged: [other] }),
  );
  const [merged] = await search(DomainName, "_phone", "(555)-123-4567");
  assert.equal(merged.ProfileId, main);
  assert.equal(merged.LastName, "Lee");
  assert.equal(merged.Address.City, UNICODE);
  await send(new UpdateProfileCommand({ DomainName, ProfileId: main, FirstName: "" }));
  const [updated] = await search(DomainName, "_profileId", main);
  assert.equal(updated.FirstName ?? "", "");
  await send(new DeleteProfileCommand({ DomainName, ProfileId: main }));
  assert.deepEqual(await search(DomainName, "_profileId", main), []);
  await assert.rejects(
    send(new UpdateProfileCommand({ DomainName, ProfileId: main, FirstName: "B" })),
    { name: "ResourceNotFoundException" },
  );
});
