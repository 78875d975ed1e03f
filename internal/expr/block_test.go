package expr_test

import "testing"

func TestBlockFunctions(t *testing.T) {
	for text, want := range map[string]any{
		`block.whyNotAddress("185.220.101.7", ["10.0.0.0/16 the VPC's"])`: "",
		`block.whyNotAddress("10.0.1.2", [])`:                             "10.0.1.2 is private",
		`block.whyNotAddress(doc, trusted)`:                               "185.220.101.7 is in 185.220.0.0/16: ours",
		`block.whyNotNetwork("16509") != ""`:                              true,
		`block.whyNotDomain("evil-c2.biz", ["acme.io."])`:                 "",
		`block.whyNotDomain("www.acme.io", ["acme.io."])`:                 "www.acme.io would block what is the account's own: acme.io",
		`block.cidr("2A0B:F4C2:0::7")`:                                    "2a0b:f4c2::7/128",
		`block.name("Evil.BIZ.")`:                                         "evil.biz",
		`block.within("185.220.101.7", "0.0.0.0/0")`:                      true,
	} {
		x, err := compile(t, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := x.Eval(map[string]any{"doc": "185.220.101.7", "account": "111122223333", "trusted": []any{"185.220.0.0/16 ours"}})
		if err != nil || got != want {
			t.Errorf("%s: %v (%v), want %v", text, got, err, want)
		}
	}
	if _, err := compile(t, `block.whyNotAddress("x")`); err == nil {
		t.Error("without what is the account's own")
	}
}
