// Package hub writes findings into AWS Security Hub, so that it can be the one place where all of them are seen: those of third
// parties, of IAM Access Analyzer, AWS Config and CloudTrail, told in the AWS Security Finding Format (ASFF).
//
// ASFF goes in by BatchImportFindings, which is an operation of Security Hub CSPM. There is no import for the newer Security
// Hub (V2, OCSF): the SDK's module of 2026-05-29 (v1.71.2, the newest) has GetFindingsV2 and BatchUpdateFindingsV2, and no
// BatchImportFindingsV2; botocore's model of the service has none either. A finding that is imported into CSPM is shown in
// V2 where that is enabled.
//
// Every import comes back as an event. It is known by its id: parry.PublishedPrefix and the key of the finding that it was
// made from, so that one finding has one key by both roads. What is in Security Hub already is not published again.
//
// WriteBack is the other way round: it tells Security Hub what became of the findings that came from there.
//
// Publishing is no response: it changes no resource, needs no plan and has a permission of its own, the one of Permissions.
package hub
