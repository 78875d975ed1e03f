package cases

import (
	"strings"
	"testing"
	"time"

	"parry/internal/source"
)

func TestAControlIsAnEvent(t *testing.T) {
	c, err := Parse("c.txtar", []byte(`What it shows.
-- control.yaml --
control: KMS.4
type: AwsKmsKey
id: arn:aws:kms:eu-west-1:${account}:key/${key}
region: eu-west-1
updated: ${now}
tags: {env: dev}
details: {KeyState: Enabled}
`))
	if err != nil {
		t.Fatal(err)
	}
	event, err := names{"account": "111122223333", "key": "k-1", "now": "2026-03-14T12:00:00.000Z", "hourAgo": "2026-03-14T11:00:00.000Z"}.fill(c.Event)
	if err != nil {
		t.Fatal(err)
	}
	items, err := source.Read("event", strings.NewReader(event))
	if err != nil || len(items) != 1 {
		t.Fatalf("%v, %v", items, err)
	}
	found, err := source.Decode(items[0].Event)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	f := found[0]
	if f.Time != time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC).UnixMilli() {
		t.Errorf("updated at %d", f.Time)
	}
	if f.Compliance == nil || f.Compliance.Control != "KMS.4" || f.Cloud.Account.UID != "111122223333" || len(f.Targets) != 1 || f.Targets[0].ARN != "arn:aws:kms:eu-west-1:111122223333:key/k-1" ||
		f.Targets[0].Region != "eu-west-1" || !strings.Contains(event, `"Tags":{"env":"dev"}`) || !strings.Contains(event, `"Details":{"AwsKmsKey":{"KeyState":"Enabled"}}`) {
		t.Errorf("%+v", f)
	}
}

func TestWhatIsWrongWithAControlIsTold(t *testing.T) {
	for text, want := range map[string]string{
		"control: KMS.4\ntype: AwsKmsKey\n":                                     `needs "id"`,
		"control: KMS.4\ntype: AwsKmsKey\nid: k\nname: n\n":                     "name",
		"control: [KMS.4]\ntype: AwsKmsKey\nid: k\n":                            "control",
		"control: KMS.4\ntype: AwsKmsKey\nid: k\n-- event.json --\n{}\n":        "one event",
		"control: KMS.4\ntype: AwsKmsKey\nid: k\n-- control.yaml --\ntype: k\n": "one event",
	} {
		if _, err := Parse("c.txtar", []byte("A case.\n-- control.yaml --\n"+text)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "c.txtar") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := Parse("c.txtar", []byte("A case.\n")); err == nil || !strings.Contains(err.Error(), "control.yaml") {
		t.Errorf("%v", err)
	}
}
