package audit

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"parry"
)

// trailRecord is a record of CloudTrail.
func trailRecord(id, name, request, code, session string) string {
	return fmt.Sprintf(`{"eventID":%q,"eventTime":"2026-03-14T12:00:00Z","eventSource":"iam.amazonaws.com","eventName":%q,"requestID":%q,"errorCode":%q,
		"recipientAccountId":"111122223333","awsRegion":"us-east-1","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/parry-x/%s",
		"sessionContext":{"sourceIdentity":%q}}}`, id, name, request, code, session, session)
}

func TestCallsAndCloudTrailAreJoined(t *testing.T) {
	completing := parry.Catalog{"iam:UpdateLoginProfile": {Completes: "iam:GetLoginProfile"}}
	call := func(op, request string, state parry.OutcomeState, attempts int) *parry.Outcome {
		return &parry.Outcome{Call: parry.Call{Account: account, Region: "us-east-1", Op: op}, RequestID: request, State: state, Attempts: attempts, At: noon}
	}
	for name, tc := range map[string]struct {
		kind   parry.Move
		ours   *parry.Outcome
		theirs []string
		note   string
		alarms int
		pairs  int
	}{
		"both":                    {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.Made, 1), []string{trailRecord("e", "UpdateAccessKey", "r-1", "", "pr-1")}, "", 0, 1},
		"the same twice":          {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.Made, 1), []string{trailRecord("e", "UpdateAccessKey", "r-1", "", "pr-1"), trailRecord("e", "UpdateAccessKey", "r-1", "", "pr-1")}, "", 0, 1},
		"of others":               {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.Made, 1), []string{trailRecord("e", "UpdateAccessKey", "r-1", "", "x"), trailRecord("e", "DeleteUser", "r-2", "", "ada")}, "", 0, 1},
		"not theirs":              {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.Made, 1), nil, "not in CloudTrail", 0, 1},
		"not ours":                {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.Made, 1), []string{trailRecord("e", "UpdateAccessKey", "r-1", "", "pr-1"), trailRecord("f", "DeleteUser", "r-2", "", "pr-1")}, "not in its records", 1, 2},
		"an earlier attempt":      {parry.MoveCall, call("iam:UpdateAccessKey", "r-2", parry.Made, 2), []string{trailRecord("e", "UpdateAccessKey", "r-1", "Throttling", "pr-1"), trailRecord("f", "UpdateAccessKey", "r-2", "", "pr-1")}, "sent again", 0, 2},
		"more than attempts":      {parry.MoveCall, call("iam:UpdateAccessKey", "r-2", parry.Made, 2), []string{trailRecord("e", "UpdateAccessKey", "r-1", "", "pr-1"), trailRecord("f", "UpdateAccessKey", "r-2", "", "pr-1"), trailRecord("g", "UpdateAccessKey", "r-3", "", "pr-1")}, "not in its records", 1, 3},
		"failed here, made there": {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.CallFail, 1), []string{trailRecord("e", "UpdateAccessKey", "r-1", "", "pr-1")}, "CloudTrail that it was made", 1, 1},
		"made here, failed there": {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.Made, 1), []string{trailRecord("e", "UpdateAccessKey", "r-1", "AccessDenied", "pr-1")}, "CloudTrail that it failed", 1, 1},
		"another call":            {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.Made, 1), []string{trailRecord("e", "DeleteUser", "r-1", "", "pr-1")}, "the records say iam:UpdateAccessKey", 1, 1},
		"a lost answer":           {parry.MoveIntent, call("iam:UpdateAccessKey", "", parry.Intended, 0), []string{trailRecord("e", "UpdateAccessKey", "r-1", "", "pr-1")}, "the answer was lost", 0, 1},
		"never sent":              {parry.MoveIntent, call("iam:UpdateAccessKey", "", parry.Intended, 0), nil, "nobody knows whether it was", 0, 1},
		"refused here":            {parry.MoveCall, call("iam:UpdateAccessKey", "", parry.CallFail, 0), nil, "did not reach AWS", 0, 1},
		"what it reads":           {parry.MoveCall, call("iam:UpdateLoginProfile", "r-1", parry.Made, 1), []string{trailRecord("e", "GetLoginProfile", "r-0", "", "pr-1"), trailRecord("f", "UpdateLoginProfile", "r-1", "", "pr-1")}, "reads in its course", 0, 2},
		"what another reads":      {parry.MoveCall, call("iam:UpdateAccessKey", "r-1", parry.Made, 1), []string{trailRecord("e", "GetLoginProfile", "r-0", "", "pr-1"), trailRecord("f", "UpdateAccessKey", "r-1", "", "pr-1")}, "not in its records", 1, 2},
		"not read":                {parry.MoveCall, call("iam:UpdateLoginProfile", "r-0", parry.CallFail, 1), []string{trailRecord("e", "GetLoginProfile", "r-0", "AccessDenied", "pr-1")}, "it was not made", 0, 1},
		"a versioned name":        {parry.MoveCall, call("lambda:UpdateFunctionCode", "r-1", parry.Made, 1), []string{trailRecord("e", "UpdateFunctionCode20150331v2", "r-1", "", "pr-1")}, "", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var events []Event
			for _, text := range tc.theirs {
				e, ok := ParseEvent([]byte(text))
				if !ok {
					t.Fatal(text)
				}
				events = append(events, e)
			}
			pairs := Join("pr-1", []parry.Record{{Response: "pr-1", Seq: 1, Kind: tc.kind, Call: tc.ours}}, events, completing)
			var notes []string
			alarms := 0
			for _, p := range pairs {
				notes = append(notes, p.Note)
				if p.Alarm {
					alarms++
				}
			}
			if said := strings.Join(notes, ""); len(pairs) != tc.pairs || alarms != tc.alarms || (tc.note == "") != (said == "") || !strings.Contains(said, tc.note) {
				t.Errorf("%d pairs, %d alarms, %q", len(pairs), alarms, notes)
			}
		})
	}
	for _, text := range []string{"", "7", "{}", `{"eventSource":"iam.amazonaws.com"}`} {
		if _, ok := ParseEvent([]byte(text)); ok {
			t.Errorf("%q is taken for a call", text)
		}
	}
}

// seam is an AWS that answers as it is told; the emulator does not know these operations.
func seam(t *testing.T, answer func(target string, in map[string]any) any) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var in map[string]any
		if err := json.Unmarshal(body, &in); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if err := json.NewEncoder(w).Encode(answer(r.Header.Get("X-Amz-Target"), in)); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIA", "x", "")}
}

func TestCloudTrailIsAsked(t *testing.T) {
	_, records := story("pr-1", noon, 5)
	places := Places("pr-1", records)
	if len(places) != 1 || places[0] != (Place{account, "us-east-1", "pr-1"}) {
		t.Fatalf("%+v", places)
	}
	asked := 0
	cfg := seam(t, func(target string, in map[string]any) any {
		asked++
		text, _ := json.Marshal(in)
		if !strings.HasSuffix(target, ".LookupEvents") || !strings.Contains(string(text), `"AttributeKey":"Username","AttributeValue":"pr-1"`) ||
			in["StartTime"].(float64) != float64(noon.Add(-time.Hour).Unix()) {
			t.Errorf("%s %s", target, text)
		}
		if in["NextToken"] == nil {
			return map[string]any{"NextToken": "more", "Events": []any{map[string]any{"CloudTrailEvent": trailRecord("e", "UpdateAccessKey", "req-pr-1", "", "pr-1")}}}
		}
		return map[string]any{"Events": []any{map[string]any{"CloudTrailEvent": trailRecord("f", "DeleteUser", "r-2", "", "pr-1")}, map[string]any{"CloudTrailEvent": "{}"}}}
	})
	events, err := LookupEvents(t.Context(), cfg, places[0], records)
	if err != nil || len(events) != 2 || asked != 2 {
		t.Fatalf("%+v, %d, %v", events, asked, err)
	}
	pairs := Join("pr-1", records, events, nil)
	if len(pairs) != 2 || pairs[0].Note != "" || pairs[0].Theirs == nil || !pairs[1].Alarm {
		t.Errorf("%+v", pairs)
	}
}

// A key of the spec ECC_NIST_EDWARDS25519 gives signatures that every verifier of notes knows. The emulator has none, so KMS is played by
// Go's own Ed25519, and what is asked of it is held to KMS's API reference: RAW messages and ED25519_SHA_512.
func TestAnEd25519KeyInKMS(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	cfg := seam(t, func(target string, in map[string]any) any {
		switch {
		case target == "TrentService.GetPublicKey":
			return map[string]any{"PublicKey": der, "KeySpec": "ECC_NIST_EDWARDS25519"}
		case target == "TrentService.Sign" && in["MessageType"] == "RAW" && in["SigningAlgorithm"] == "ED25519_SHA_512":
			var msg []byte
			text, _ := json.Marshal(in["Message"])
			if err := json.Unmarshal(text, &msg); err != nil {
				t.Error(err)
			}
			return map[string]any{"Signature": ed25519.Sign(private, msg)}
		}
		t.Errorf("%s %v", target, in)
		return nil
	})
	key, err := KMSKey(t.Context(), cfg, "arn:aws:kms:us-east-1:111122223333:key/k", "main")
	if err != nil {
		t.Fatal(err)
	}
	store, _ := open(t)
	fill(t, store, key, 0, 2, 5)
	keys, err := Verifiers(key.VKey)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := Verify(t.Context(), store, keys)
	if err != nil || !rep.OK() || rep.Checkpoints != 1 {
		t.Errorf("%s %v", lines(rep), err)
	}
}

// FuzzEvent reads what a file of CloudTrail may hold.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(trailRecord("e", "UpdateAccessKey", "r-1", "", "pr-1")))
	f.Add([]byte(`{"eventSource":"","eventTime":7}`))
	f.Add([]byte("null"))
	_, records := story("pr-1", noon, 5)
	f.Fuzz(func(t *testing.T, text []byte) {
		if e, ok := ParseEvent(text); ok {
			for _, p := range Join("pr-1", records, []Event{e}, nil) {
				if p.Ours == nil && p.Theirs == nil {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}
