package signin

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"

	"parry"
)

// minKey is the least length of the key that everything is sealed with, in bytes.
const minKey = 32

// maxSealed bounds what is opened: a browser sends cookies of at most 4096 bytes. Source: RFC 6265, section 6.1.
const maxSealed = 4096

// seal writes values that only this gate, and others with its key, can read and can have written. Each purpose has a key of its own, so that
// what was made for one is worth nothing for another.
type seal struct{ aead cipher.AEAD }

// newSeal derives the seal of a purpose from the gate's key.
func newSeal(key []byte, purpose string) (seal, error) {
	sub, err := derive(key, purpose)
	if err != nil {
		return seal{}, err
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		return seal{}, parry.Errorf(parry.Fault, "%w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return seal{}, parry.Errorf(parry.Fault, "%w", err)
	}
	return seal{aead}, nil
}

// derive makes the key of a purpose.
func derive(key []byte, purpose string) ([]byte, error) {
	sub, err := hkdf.Key(sha256.New, key, nil, "parry signin "+purpose, 32)
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%w", err)
	}
	return sub, nil
}

// close seals a value as text that can stand in a cookie and in an address.
func (s seal) close(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // nobody reads it as HTML, and a cookie has little room
	if err := enc.Encode(v); err != nil {
		return "", parry.Errorf(parry.Fault, "%w", err)
	}
	return encoding().EncodeToString(s.aead.Seal(nil, nil, b.Bytes(), nil)), nil
}

var errSealed = errors.New("it was not sealed here, or not for this")

// open reads what close made. Whatever else it is given, it says the same.
func (s seal) open(text string, v any) error {
	if text == "" || len(text) > maxSealed {
		return errSealed
	}
	raw, err := encoding().DecodeString(text)
	if err != nil || len(raw) < s.aead.Overhead() {
		return errSealed
	}
	plain, err := s.aead.Open(nil, nil, raw, nil)
	if err != nil || json.Unmarshal(plain, v) != nil {
		return errSealed
	}
	return nil
}

// encoding is base64 without a second way to write the same bytes.
func encoding() *base64.Encoding { return base64.RawURLEncoding.Strict() }

// random is a text that nobody can guess: 256 bits.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails, says crypto/rand
	return encoding().EncodeToString(b)
}

// hashOf is a text's SHA-256, for what must be recognised and not kept.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
