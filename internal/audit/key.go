package audit

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"parry"
)

// Key signs checkpoints. Verifier is its public half, and VKey that as text.
type Key struct {
	Signer   note.Signer
	Verifier note.Verifier
	VKey     string
}

// origin is what every key's name begins with, and so the first line of each checkpoint.
const origin = "parry/"

// NewKey makes an Ed25519 key, in the form of golang.org/x/mod/sumdb/note. name tells one log from another.
func NewKey(random io.Reader, name string) (private, public string, err error) {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '+' || r > '~' }) {
		return "", "", parry.Errorf(parry.Invalid, "%q cannot be the name of a key", name).WithHint("take letters, digits and dashes")
	}
	return note.GenerateKey(random, origin+name)
}

// WriteKey writes a new key's private half to a file that only its owner can read, and never over another.
func WriteKey(path, private string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return parry.Errorf(parry.Invalid, "the key cannot be kept: %w", err).WithHint("name a file that is not there yet")
	}
	_, err = io.WriteString(f, private+"\n")
	if serr := f.Sync(); err == nil {
		err = serr
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// ReadKey reads the private half of a key.
func ReadKey(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, parry.Errorf(parry.Invalid, "the audit key cannot be read: %w", err).WithHint("'parry audit key new FILE' makes one")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, parry.Errorf(parry.Refused, "others may read the audit key %s: its mode is %04o", path, info.Mode().Perm()).WithHint("chmod 600 %s, if nobody did", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, parry.Errorf(parry.Invalid, "the audit key cannot be read: %w", err)
	}
	return parseKey(strings.TrimSpace(string(text)), path)
}

// parseKey reads PRIVATE+KEY+NAME+HASH+BASE64. No error says what stands in it.
func parseKey(text, path string) (Key, error) {
	signer, err := note.NewSigner(text)
	if err != nil {
		return Key{}, parry.Errorf(parry.Invalid, "%s is not a private key for checkpoints", path).WithHint("'parry audit key new FILE' makes one")
	}
	raw, err := base64.StdEncoding.DecodeString(afterPlus(text, 4)) // the base64 itself may hold a plus
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return Key{}, parry.Errorf(parry.Invalid, "%s is not a private key for checkpoints", path)
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	return ed25519Key(signer, public)
}

// afterPlus is what stands behind the nth plus sign.
func afterPlus(s string, n int) string {
	for range n {
		_, s, _ = strings.Cut(s, "+")
	}
	return s
}

func ed25519Key(signer note.Signer, public ed25519.PublicKey) (Key, error) {
	vkey, err := note.NewEd25519VerifierKey(signer.Name(), public)
	if err != nil {
		return Key{}, err
	}
	v, err := note.NewVerifier(vkey)
	return Key{Signer: signer, Verifier: v, VKey: vkey}, err
}

// The signature type of ECDSA over the public key as PKIX. C2SP (signed-note) leaves 0xff to types that have no number, with a longer
// name behind it.
const ecdsaType = "\xffparry/ecdsa-asn1\n"

// Verifiers reads public halves: what 'parry audit key' prints, for Ed25519 or ECDSA.
func Verifiers(vkeys ...string) (note.Verifiers, error) {
	var all []note.Verifier
	for _, vkey := range vkeys {
		v, err := newVerifier(strings.TrimSpace(vkey))
		if err != nil {
			return nil, parry.Errorf(parry.Invalid, "%q is not the public half of an audit key", vkey).WithHint("'parry audit key show' prints it: NAME+HASH+BASE64")
		}
		all = append(all, v)
	}
	if len(all) == 0 {
		return nil, parry.Errorf(parry.Invalid, "there is no key to hold the checkpoints to").WithHint("give --audit-key, or --verifier with what 'parry audit key show' prints")
	}
	return note.VerifierList(all...), nil
}

func newVerifier(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	hash16, key64, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(key64)
	if err != nil {
		return nil, err
	}
	der, ok := strings.CutPrefix(string(raw), ecdsaType)
	if !ok {
		return note.NewVerifier(vkey)
	}
	public, err := x509.ParsePKIXPublicKey([]byte(der))
	if err != nil {
		return nil, err
	}
	key, ok := public.(*ecdsa.PublicKey)
	hash, err := strconv.ParseUint(hash16, 16, 32)
	if !ok || err != nil || uint32(hash) != keyHash(name, raw) {
		return nil, parry.Errorf(parry.Invalid, "the key's hash is not its own")
	}
	return &ecdsaVerifier{name: name, hash: uint32(hash), key: key}, nil
}

// ecdsaVKey is the public half of an ECDSA key as text.
func ecdsaVKey(name string, der []byte) string {
	raw := append([]byte(ecdsaType), der...)
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, raw), base64.StdEncoding.EncodeToString(raw))
}

// keyHash tells keys of one name apart. Source: package note, "Signing and Verifying".
func keyHash(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

// ecdsaVerifier implements note.Verifier.
type ecdsaVerifier struct {
	name string
	hash uint32
	key  *ecdsa.PublicKey
}

func (v *ecdsaVerifier) Name() string    { return v.name }
func (v *ecdsaVerifier) KeyHash() uint32 { return v.hash }

func (v *ecdsaVerifier) Verify(msg, sig []byte) bool {
	return ecdsa.VerifyASN1(v.key, digest(v.key, msg), sig)
}

// digest hashes a message as KMS does for the key's curve. Source: "Asymmetric key specs", AWS KMS Developer Guide.
func digest(key *ecdsa.PublicKey, msg []byte) []byte {
	switch bits := key.Curve.Params().BitSize; {
	case bits <= 256:
		sum := sha256.Sum256(msg)
		return sum[:]
	case bits <= 384:
		sum := sha512.Sum384(msg)
		return sum[:]
	default:
		sum := sha512.Sum512(msg)
		return sum[:]
	}
}
