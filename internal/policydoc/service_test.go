package policydoc

import (
	"strings"
	"testing"
)

// The documents are those that AWS's pages tell one to write, and what people add to them.
func TestWhyNot(t *testing.T) {
	const (
		trail   = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"
		forKey  = `{"Sid":"Encrypt","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*","Condition":{"StringEquals":{"aws:SourceArn":"` + trail + `"},"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}}`
		forLogs = `{"Sid":"Write","Effect":"Allow","Principal":{"Service":["config.amazonaws.com","cloudtrail.amazonaws.com"]},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/*","Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}}}`
		topic   = `{"Sid":"default","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:Publish","SNS:Subscribe"],"Resource":"arn:aws:sns:us-east-1:111122223333:alarms","Condition":{"StringEquals":{"AWS:SourceOwner":"111122223333"}}}`
	)
	key := Use{"cloudtrail.amazonaws.com", "kms:GenerateDataKey", "*", map[string]string{"aws:SourceArn": trail, "kms:EncryptionContext:aws:cloudtrail:arn": trail}}
	logs := Use{"cloudtrail.amazonaws.com", "s3:PutObject", "arn:aws:s3:::logs/AWSLogs/111122223333/*", map[string]string{"aws:SourceArn": trail, "s3:x-amz-acl": "bucket-owner-full-control"}}
	alarm := Use{"cloudwatch.amazonaws.com", "sns:Publish", "arn:aws:sns:us-east-1:111122223333:alarms", map[string]string{"aws:SourceOwner": "111122223333"}}
	trust := Use{"cloudtrail.amazonaws.com", "sts:AssumeRole", "", nil}
	deny := func(rest string) string {
		return forLogs + `,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"]` + rest + `}`
	}
	for _, tc := range []struct {
		name, statements string
		use              Use
		want             string // in the reason
	}{
		{"the key", forKey, key, ""},
		{"the key, for another trail", strings.ReplaceAll(forKey, "trail/audit", "trail/other"), key, "statement Encrypt lets cloudtrail.amazonaws.com do kms:GenerateDataKey only where StringEquals aws:SourceArn is " + strings.Replace(trail, "audit", "other", 1)},
		{"the key, for another account's trails", strings.Replace(forKey, "*:111122223333:trail/*", "*:999999999999:trail/*", 1), key, "only where StringLike kms:EncryptionContext"},
		{"the key, by an unknown condition", strings.Replace(forKey, "aws:SourceArn", "aws:RequestTag/x", 1), key, "only where StringEquals aws:RequestTag/x"},
		{"the key, as ARNs", strings.Replace(forKey, `"StringEquals":{"aws:SourceArn":"`+trail, `"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*`, 1), key, ""},
		{"an asterisk in an ARN does not reach over a colon", strings.Replace(forKey, `"StringEquals":{"aws:SourceArn":"`+trail, `"ArnLike":{"aws:SourceArn":"arn:aws:*:trail/*`, 1), key, "only where ArnLike aws:SourceArn"},
		{"a variable", strings.Replace(forKey, trail, "arn:aws:cloudtrail:us-east-1:111122223333:trail/$${aws:username}", 1), key, "only where"},
		{"another action only", strings.Replace(forKey, "kms:GenerateDataKey*", "kms:DescribeKey", 1), key, "no statement lets"},
		{"another service only", strings.Replace(forKey, "cloudtrail.amazonaws.com", "logs.amazonaws.com", 1), key, "no statement lets"},
		{"the account's own only", `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`, key, "no statement lets"},
		{"an Allow for all but some", `{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}`, key, "no statement lets"},
		{"the bucket", forLogs, logs, ""},
		{"the bucket, another account's folder", strings.Replace(forLogs, "AWSLogs/*", "AWSLogs/999999999999/*", 1), logs, "no statement lets"},
		{"the bucket, without TLS denied", deny(`,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`), logs, ""},
		{"the bucket, strangers denied", deny(`,"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-abcde12345"},"Bool":{"aws:PrincipalIsAWSService":"false"}}`), logs, ""},
		{"the bucket, strangers denied and services with them", deny(`,"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-abcde12345"}}`), logs, "statement 2 denies s3:PutObject to cloudtrail.amazonaws.com"},
		{"the bucket, strangers denied if they are known", deny(`,"Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-abcde12345"},"Null":{"aws:PrincipalOrgID":"false"}}`), logs, ""},
		{"the bucket, denied by what is not known", deny(`,"Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`), logs, "statement 2 denies"},
		{"the bucket, some of it denied", deny("") + `,{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`, logs, "statement 2 denies"},
		{"the bucket, all but the service denied", strings.Replace(deny(""), `"Principal":"*"`, `"NotPrincipal":{"Service":"cloudtrail.amazonaws.com"}`, 1), logs, ""},
		{"the topic", topic, alarm, ""},
		{"the topic, of another account", strings.Replace(topic, `:"111122223333"`, `:"999999999999"`, 1), alarm, "only where StringEquals AWS:SourceOwner is 999999999999"},
		{"the trust", `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}`, trust, ""},
		{"the trust, of another service", `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`, trust, "no statement lets"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := parse(t, strings.ReplaceAll(`{"Version":"2012-10-17","Statement":[`+tc.statements+`]}`, "$${", "${"))
			if why := d.WhyNot(tc.use); tc.want == "" && why != "" || !strings.Contains(why, tc.want) {
				t.Errorf("%q, want %q", why, tc.want)
			}
		})
	}
}
