package signin

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"

	"parry"
)

// Token lets a program use the API. What it sends is not kept, only its hash.
type Token struct {
	Name string
	Role Role
	Hash [sha256.Size]byte
}

// ID is what records name where the token is used. No e-mail address and no ARN is written so.
func (t Token) ID() string { return "token:" + t.Name }

// tokenName is the grammar of tokens' names.
var tokenName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// tokenPrefix makes tokens recognisable for what looks for secrets in text.
const tokenPrefix = "parry_"

// NewToken makes a token: the text that is shown once, and what is kept of it.
func NewToken(name string, role Role) (plain string, t Token, err error) {
	if !tokenName.MatchString(name) {
		return "", Token{}, parry.Errorf(parry.Invalid, "%.70q is no name for a token", name).WithHint("lower-case letters, digits, '.', '_' and '-', such as ci")
	}
	if role < Viewer || role > Admin {
		return "", Token{}, parry.Errorf(parry.Invalid, "a token needs a role").WithHint("viewer, approver or admin")
	}
	plain = tokenPrefix + random()
	return plain, Token{name, role, sha256.Sum256([]byte(plain))}, nil
}

// Line is the token's line in the file of tokens.
func (t Token) Line() string {
	return t.Name + " " + t.Role.String() + " " + hex.EncodeToString(t.Hash[:])
}

// ReadTokens reads a file of tokens: a name, a role and the SHA-256 of a token in each line; '#' begins a comment.
func ReadTokens(file, text string) ([]Token, error) {
	const hint = "each line is NAME ROLE SHA256, as 'parry token new' prints it"
	var all []Token
	names, hashes := map[string]bool{}, map[[sha256.Size]byte]bool{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 {
			return nil, parry.Errorf(parry.Invalid, "%s:%d: %d words, and a token has three", file, n, len(f)).WithHint(hint)
		}
		role, ok := RoleOf(f[1])
		hash, err := hex.DecodeString(f[2])
		switch {
		case !tokenName.MatchString(f[0]):
			return nil, parry.Errorf(parry.Invalid, "%s:%d: %.70q is no name for a token", file, n, f[0]).WithHint("lower-case letters, digits, '.', '_' and '-', such as ci")
		case !ok:
			return nil, parry.Errorf(parry.Invalid, "%s:%d: %.20q is no role", file, n, f[1]).WithHint("viewer, approver or admin")
		case err != nil || len(hash) != sha256.Size:
			return nil, parry.Errorf(parry.Invalid, "%s:%d: the third word of %s is no SHA-256 in hexadecimal digits", file, n, f[0]).WithHint(hint)
		case names[f[0]]:
			return nil, parry.Errorf(parry.Invalid, "%s:%d: %s is there twice", file, n, f[0]).WithHint("a record must tell which token was used: give each a name of its own")
		}
		t := Token{Name: f[0], Role: role, Hash: [sha256.Size]byte(hash)}
		if hashes[t.Hash] {
			return nil, parry.Errorf(parry.Invalid, "%s:%d: %s is the same token as another", file, n, f[0]).WithHint("make one for each: 'parry token new'")
		}
		names[t.Name], hashes[t.Hash] = true, true
		all = append(all, t)
	}
	if err := lines.Err(); err != nil {
		return nil, parry.Errorf(parry.Invalid, "%s: %w", file, err).WithHint(hint)
	}
	return all, nil
}

// bearer is the token that a request carries.
func bearer(r *http.Request) (string, bool) {
	kind, text, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(kind, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(text), true
}

// owner finds whose a token is. Every hash is compared, and each in a time that tells nothing.
func owner(tokens []Token, plain string) (Person, bool) {
	got := sha256.Sum256([]byte(plain))
	at := -1
	for i, t := range tokens {
		if subtle.ConstantTimeCompare(got[:], t.Hash[:]) == 1 {
			at = i
		}
	}
	if at < 0 {
		return Person{}, false
	}
	return Person{ID: tokens[at].ID(), Name: tokens[at].Name, Role: tokens[at].Role, Via: "token"}, true
}
