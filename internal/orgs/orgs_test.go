package orgs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"parry"
	"parry/internal/moto"
	"parry/internal/orgs"
)

func TestFile(t *testing.T) {
	for name, text := range map[string]string{
		"YAML":             "\"111122223333\": [ou-ab12-22222222, ou-ab12-11111111, r-ab12]\n\"012345678901\": [r-ab12]\n",
		"YAML without \"s": "111122223333: [ou-ab12-22222222, ou-ab12-11111111, r-ab12]\n012345678901: r-ab12\n",
		"JSON":             `{"111122223333": ["ou-ab12-22222222", "ou-ab12-11111111", "r-ab12"], "012345678901": ["r-ab12"]}`,
	} {
		f, err := orgs.Read("org", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := orgs.File{"111122223333": {"ou-ab12-22222222", "ou-ab12-11111111", "r-ab12"}, "012345678901": {"r-ab12"}}
		if d := cmp.Diff(want, f); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if _, err := f.Path(t.Context(), "999999999999"); parry.KindOf(err) != parry.NotFound {
			t.Errorf("an account that is not there: %v", err)
		}
	}
}

func TestWhatIsWrongWithAFileIsTold(t *testing.T) {
	for text, want := range map[string]string{
		"- a":                                                    "org:1:1: the organization is a mapping",
		"\"1111\": [r-ab12]":                                     `org:1:1: "1111" is not the twelve digits`,
		"\"111122223333\": []":                                   "its ancestors are missing",
		"\"111122223333\": [ou-ab12-22222222]":                   "not with the organization's root",
		"\"111122223333\": [Sandbox, r-ab12]":                    "Sandbox is no id of an organizational unit",
		"\"111122223333\": [r-ab12, r-ab12]":                     "r-ab12 is no id of an organizational unit",
		"\"111122223333\": [1, r-ab12]":                          "is a text",
		"\"111122223333\": [r-ab12]\n\"111122223333\": [r-cd34]": "already defined",
	} {
		_, err := orgs.Read("org", []byte(text))
		if parry.KindOf(err) != parry.Invalid || !strings.Contains(err.Error(), want) || parry.HintOf(err) == "" {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
	}
	if _, err := orgs.Open("nowhere.yaml"); parry.KindOf(err) != parry.Invalid {
		t.Error(err)
	}
}

// FuzzRead: what is read is accounts with ancestors that end at a root; anything else is refused with its place.
func FuzzRead(f *testing.F) {
	f.Add("\"111122223333\": [ou-ab12-22222222, r-ab12]")
	f.Add(`{"012345678901": "r-ab12"}`)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := orgs.Read("org", []byte(text))
		if err != nil && !strings.HasPrefix(err.Error(), "org:") {
			t.Errorf("an error without a place: %v", err)
		}
		for a, path := range file {
			if len(a) != 12 || len(path) == 0 || !strings.HasPrefix(path[len(path)-1], "r-") {
				t.Errorf("%q: %v", a, path)
			}
		}
	})
}

// TestAWS asks an emulator: an account two units deep has both, and the root; the answers are remembered for a while.
func TestAWS(t *testing.T) {
	server := moto.Need(t)
	management := moto.Account()
	cfg := server.Config(management, "us-east-1")
	calls := 0
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("count", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			if _, ok := in.Parameters.(*organizations.ListParentsInput); ok {
				calls++
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
	c := organizations.NewFromConfig(cfg)
	root, outer, inner, account := organization(t, c)
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	org := orgs.New(cfg, func() time.Time { return now })
	isPath := func(want []string, asked int) {
		t.Helper()
		calls = 0
		got, err := org.Path(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if calls != asked {
			t.Errorf("%d calls, not %d", calls, asked)
		}
	}
	isPath([]string{inner, outer, root}, 3)
	isPath([]string{inner, outer, root}, 0)
	if _, err := c.MoveAccount(t.Context(), &organizations.MoveAccountInput{AccountId: &account, SourceParentId: &inner, DestinationParentId: &outer}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(14 * time.Minute)
	isPath([]string{inner, outer, root}, 0) // not asked yet
	now = now.Add(time.Minute)
	isPath([]string{outer, root}, 2)
	if _, err := org.Path(t.Context(), "000000000000"); err == nil || !strings.Contains(err.Error(), "000000000000") || parry.HintOf(err) == "" {
		t.Errorf("an account of another organization: %v", err)
	}
}

// organization makes a root with two units, one in the other, and an account in the inner one.
func organization(t *testing.T, c *organizations.Client) (root, outer, inner, account string) {
	t.Helper()
	ctx := t.Context()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	ok(err)
	roots, err := c.ListRoots(ctx, &organizations.ListRootsInput{})
	ok(err)
	root = aws.ToString(roots.Roots[0].Id)
	unit := func(parent, name string) string {
		out, err := c.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: &parent, Name: &name})
		ok(err)
		return aws.ToString(out.OrganizationalUnit.Id)
	}
	outer = unit(root, "workloads")
	inner = unit(outer, "sandbox")
	made, err := c.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: aws.String("shop"), Email: aws.String("shop@example.com")})
	ok(err)
	account = aws.ToString(made.CreateAccountStatus.AccountId)
	_, err = c.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &account, SourceParentId: &root, DestinationParentId: &inner})
	ok(err)
	return root, outer, inner, account
}
