package audit

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"parry"
)

// KMSPrefix is what the name of a key in KMS begins with, in the place of a file.
const KMSPrefix = "kms:"

// KMSKey is a signing key that never leaves KMS: it needs kms:GetPublicKey and kms:Sign. Ed25519 keys (ECC_NIST_EDWARDS25519) give
// the signatures that every verifier of notes knows; keys on the NIST curves give ECDSA's. The context is that of its signatures.
func KMSKey(ctx context.Context, cfg aws.Config, keyARN, name string) (Key, error) {
	id, err := arn.Parse(keyARN)
	if err != nil || id.Service != "kms" {
		return Key{}, parry.Errorf(parry.Invalid, "%q is not the ARN of a key in KMS", keyARN).WithHint("kms:arn:aws:kms:REGION:ACCOUNT:key/ID")
	}
	cfg = cfg.Copy()
	cfg.Region = id.Region
	client := kms.NewFromConfig(cfg)
	out, err := client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &keyARN})
	if err != nil {
		return Key{}, parry.Errorf(parry.Fault, "the public half of %s cannot be read: %w", keyARN, err).WithHint("it needs kms:GetPublicKey and kms:Sign on the key")
	}
	public, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		return Key{}, parry.Errorf(parry.Fault, "KMS gives a public key for %s that cannot be read: %w", keyARN, err)
	}
	s := &kmsSigner{ctx: ctx, client: client, key: keyARN, name: origin + name}
	switch public := public.(type) {
	case ed25519.PublicKey:
		s.algorithm = types.SigningAlgorithmSpecEd25519Sha512
		k, err := ed25519Key(s, public)
		if err != nil {
			return Key{}, err
		}
		s.hash = k.Verifier.KeyHash()
		return k, nil
	case *ecdsa.PublicKey:
		switch bits := public.Curve.Params().BitSize; {
		case bits <= 256:
			s.algorithm = types.SigningAlgorithmSpecEcdsaSha256
		case bits <= 384:
			s.algorithm = types.SigningAlgorithmSpecEcdsaSha384
		default:
			s.algorithm = types.SigningAlgorithmSpecEcdsaSha512
		}
		vkey := ecdsaVKey(s.name, out.PublicKey)
		v, err := newVerifier(vkey)
		if err != nil {
			return Key{}, err
		}
		s.hash = v.KeyHash()
		return Key{Signer: s, Verifier: v, VKey: vkey}, nil
	}
	return Key{}, parry.Errorf(parry.Invalid, "%s is of a kind that cannot sign checkpoints (%s)", keyARN, out.KeySpec).
		WithHint("make one with the spec ECC_NIST_EDWARDS25519 or ECC_NIST_P256 and the usage SIGN_VERIFY")
}

// kmsSigner implements note.Signer, which knows of no context: so it has one.
type kmsSigner struct {
	ctx       context.Context
	client    *kms.Client
	key, name string
	hash      uint32
	algorithm types.SigningAlgorithmSpec
}

func (s *kmsSigner) Name() string    { return s.name }
func (s *kmsSigner) KeyHash() uint32 { return s.hash }

// Sign has KMS hash the message itself: Ed25519 must see the whole of it, and a checkpoint is far shorter than KMS's 4,096 bytes.
func (s *kmsSigner) Sign(msg []byte) ([]byte, error) {
	out, err := s.client.Sign(s.ctx, &kms.SignInput{KeyId: &s.key, Message: msg, MessageType: types.MessageTypeRaw, SigningAlgorithm: s.algorithm})
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%s does not sign: %w", strings.TrimSpace(s.key), err).WithHint("it needs kms:Sign on the key")
	}
	return out.Signature, nil
}
