// Every modelled error that a client can provoke, as the class the JavaScript client makes of it. AccessDeniedException,
// ThrottlingException and InternalServerException are not among them: the reference has no authentication, no quota on
// calls and no failures of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-customer-profiles";
import { ARN, domain, MAPPING, send, unused } from "./conversation.js";

async function provoke(error, status, [call, input]) {
  const label = `${call} ${JSON.stringify(input).slice(0, 100)}`;
  const request = send(new sdk[`${call}Command`](input));
  await assert.rejects(request, (raised) => {
    assert(raised instanceof sdk[error], `${label}: ${raised}`);
    assert.equal(raised.name, error);
    assert.equal(raised.$metadata.httpStatusCode, status, label);
    assert(raised.$metadata.requestId, label);
    assert.equal(typeof raised.message, "string");
    return true;
  });
}

test("what is missing is not found", async (t) => {
  const DomainName = unused();
  const missing = { DomainName, ObjectTypeName: "T" };
  const type = { DomainName: await domain(t), ObjectTypeName: "T" };
  const resourceArn = `${ARN}:domains/${DomainName}`;
  for (const call of [
    ["GetDomain", { DomainName }],
    ["UpdateDomain", { DomainName, DefaultExpirationDays: 1 }],
    ["DeleteDomain", { DomainName }],
    ["PutProfileObjectType", { ...missing, Description: "d", ...MAPPING }],
    ["GetProfileObjectType", missing],
    ["GetProfileObjectType", type],
    ["DeleteProfileObjectType", missing],
    ["DeleteProfileObjectType", type],
    ["ListProfileObjectTypes", { DomainName }],
    ["GetProfileObjectTypeTemplate", { TemplateId: "no-such-template" }],
    ["ListTagsForResource", { resourceArn }],
    ["TagResource", { resourceArn, tags: { a: "b" } }],
    ["UntagResource", { resourceArn, tagKeys: ["a"] }],
  ]) {
    await provoke("ResourceNotFoundException", 404, call);
  }
});

// This client checks nothing but that labels are present, so what is too short arrives as well.
test("what breaks a constraint is a bad request", async (t) => {
  const DomainName = await domain(t);
  const resourceArn = `${ARN}:domains/${DomainName}`;
  const DefaultExpirationDays = 1;
  const type = { DomainName, ObjectTypeName: "T", Description: "d", ...MAPPING };
  const many = Array.from({ length: 51 }, (_, number) => `k${number}`);
  for (const call of [
    ["CreateDomain", { DomainName: "n".repeat(65), DefaultExpirationDays }],
    ["CreateDomain", { DomainName: "a b/\u00e4%", DefaultExpirationDays }],
    ["CreateDomain", { DomainName: unused() }],
    ["CreateDomain", { DomainName: unused(), DefaultExpirationDays: 0 }],
    ["CreateDomain", { DomainName: unused(), DefaultExpirationDays: 1099 }],
    ["CreateDomain", { DomainName: unused(), DefaultExpirationDays, Matching: {} }],
    ["GetDomain", { DomainName: "a b" }],
    ["UpdateDomain", { DomainName, DefaultExpirationDays: 0 }],
    ["UpdateDomain", { DomainName, DefaultEncryptionKey: "k".repeat(256) }],
    ["DeleteDomain", { DomainName: "a b" }],
    ["ListDomains", { MaxResults: 0 }],
    ["ListDomains", { MaxResults: 101 }],
    ["ListProfileObjectTypes", { DomainName, MaxResults: -1 }],
    ["ListProfileObjectTypeTemplates", { MaxResults: 101 }],
    ["GetProfileObjectTypeTemplate", { TemplateId: "a b" }],
    ["GetProfileObjectType", { DomainName, ObjectTypeName: "0" }],
    ["DeleteProfileObjectType", { DomainName, ObjectTypeName: "0" }],
    ["PutProfileObjectType", { ...type, ObjectTypeName: "T".repeat(256) }],
    ["PutProfileObjectType", { ...type, Description: undefined }],
    ["PutProfileObjectType", { ...type, Description: "" }],
    ["PutProfileObjectType", { ...type, Description: "d".repeat(1001) }],
    ["PutProfileObjectType", { ...type, ExpirationDays: 0 }],
    ["PutProfileObjectType", { ...type, Fields: { "": { Source: "_source.a" } } }],
    ["PutProfileObjectType", { ...type, Keys: { k: [{ FieldNames: ["none"] }] } }],
    ["ListTagsForResource", { resourceArn: "arn:aws:sqs:us-east-1:1:queue" }],
    ["TagResource", { resourceArn, tags: { "a b": "c" } }],
    ["TagResource", { resourceArn, tags: { "aws:a": "c" } }],
    ["UntagResource", { resourceArn, tagKeys: many }],
  ]) {
    await provoke("BadRequestException", 400, call);
  }
});
