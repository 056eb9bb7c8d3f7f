// What the conversations with AWS's JavaScript client have in common: a client, names nobody has used, a mapping, pages.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  CreateDomainCommand,
  CustomerProfilesClient,
  DeleteDomainCommand,
} from "@aws-sdk/client-customer-profiles";

const endpoint = process.env.PROFILE_CONTRACT_ENDPOINT;
assert(endpoint, "PROFILE_CONTRACT_ENDPOINT names the server to speak to");

// The service never says the ARNs of its resources; this is the account an implementation under test is taken to serve.
export const ARN = "arn:aws:profile:us-east-1:123456789012";

// Precomposed and combining letters, an astral character, a right-to-left mark, JSON's and HTML's own characters.
export const UNICODE =
  '\u00fc e\u0301 \u{1f986} \u200f\u05d0 " \\ / <b>&amp;</b>\ttab\nline \u2028 end';

// Every character a tag key may have beside letters and digits (contract 1.9).
export const ODD_KEY = "a+b,c-d.e/f:g;h<i=j_k0";

export const MAPPING = {
  Fields: {
    memberNo: {
      Source: "_source.member",
      Target: "_profile.AccountNumber",
      ContentType: "NUMBER",
    },
    mail: { Source: "_source.mail", ContentType: "EMAIL_ADDRESS" },
    wholeName: {
      Source: "{{_source.given}} {{_source.family}}",
      ContentType: "NAME",
    },
  },
  Keys: {
    _account: [
      { StandardIdentifiers: ["PROFILE", "UNIQUE"], FieldNames: ["memberNo"] },
    ],
    nameAndMail: [
      { StandardIdentifiers: ["LOOKUP_ONLY"], FieldNames: ["wholeName", "mail"] },
    ],
  },
};

const client = new CustomerProfilesClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  // An answer that only came at the second attempt would go unnoticed otherwise.
  maxAttempts: 1,
});

export const send = (command) => client.send(command);

export const unused = () => `js-${randomUUID().replaceAll("-", "")}`;

/** A domain that is deleted after the test. */
export async function domain(test, members = {}) {
  const DomainName = unused();
  await send(
    new CreateDomainCommand({
      DomainName,
      DefaultExpirationDays: 30,
      ...members,
    }),
  );
  test.after(() => send(new DeleteDomainCommand({ DomainName })).catch(() => {}));
  return DomainName;
}

/** All items of a list operation, and the sizes of the pages they came in. */
export async function pages(Command, input) {
  const items = [];
  const sizes = [];
  let NextToken;
  do {
    const page = await send(new Command({ ...input, NextToken }));
    items.push(...(page.Items ?? []));
    sizes.push(page.Items?.length ?? 0);
    NextToken = page.NextToken;
    assert(sizes.length < 1000, "the pages do not end");
  } while (NextToken);
  return { items, sizes };
}

export function assertNow(date) {
  assert(date instanceof Date, `${date} is no date`);
  assert(
    Math.abs(Date.now() - date.getTime()) < 5 * 60_000,
    `${date.toISOString()} is not now`,
  );
}
