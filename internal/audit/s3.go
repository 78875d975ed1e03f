package audit

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"parry"
)

// S3 keeps an export in a bucket, an object for each part. With Until, each object is locked until then in compliance mode: nobody, not
// even the account's root user, can delete or shorten it. The bucket must have Object Lock. Source: "Locking objects with Object Lock",
// Amazon S3 User Guide.
type S3 struct {
	client *s3.Client
	bucket string
	prefix string
	suffix string
	until  time.Time
}

// NewS3 reads where to: s3://BUCKET/PREFIX. until is zero for what the bucket's own default says.
func NewS3(cfg aws.Config, to string, format Format, until time.Time) (*S3, error) {
	bucket, prefix, err := splitS3(to)
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
	return &S3{client: client, bucket: bucket, prefix: prefix, suffix: "." + string(format), until: until}, nil
}

// Put implements Sink. The object's name says which leaves of the log it is of.
func (s *S3) Put(ctx context.Context, from, to int64, lines []Line) error {
	if len(lines) == 0 {
		return nil // nothing in the part has a class in OCSF
	}
	return s.put(ctx, fmt.Sprintf("%srecords-%012d-%012d%s", s.prefix, from, to, strings.Replace(s.suffix, ".ocsf", ".ocsf.jsonl", 1)), joined(lines))
}

// PutCheckpoint keeps a signed checkpoint beside the records: one that is out of reach of whoever can write the store.
func (s *S3) PutCheckpoint(ctx context.Context, size int64, signed []byte) error {
	return s.put(ctx, fmt.Sprintf("%scheckpoint-%012d.txt", s.prefix, size), signed)
}

func (s *S3) put(ctx context.Context, key string, body []byte) error {
	in := &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(body), ContentType: aws.String("application/x-ndjson"),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, // Object Lock asks for a checksum
	}
	if !s.until.IsZero() {
		in.ObjectLockMode, in.ObjectLockRetainUntilDate = types.ObjectLockModeCompliance, aws.Time(s.until)
	}
	if _, err := s.client.PutObject(ctx, in); err != nil {
		e := parry.Errorf(parry.Fault, "s3://%s/%s cannot be written: %w", s.bucket, key, err)
		if !s.until.IsZero() {
			return e.WithHint("the bucket needs Object Lock, and the credentials s3:PutObject and s3:PutObjectRetention")
		}
		return e.WithHint("the credentials need s3:PutObject on the bucket")
	}
	return nil
}
