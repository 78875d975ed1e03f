package audit

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"parry"
)

// OnS3 is what the name of an archive in a bucket begins with.
const OnS3 = "s3://"

// Bucket is an archive in S3. How long nobody can delete what is written is the bucket's own word: its Object Lock's default.
type Bucket struct {
	client         *s3.Client
	bucket, prefix string
}

// NewBucket reads where it is: s3://BUCKET or s3://BUCKET/PREFIX.
func NewBucket(cfg aws.Config, at string) (*Bucket, error) {
	bucket, prefix, err := splitS3(at)
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
	return &Bucket{client, bucket, prefix}, nil
}

// splitS3 reads s3://BUCKET/PREFIX. A prefix ends with a slash.
func splitS3(at string) (bucket, prefix string, err error) {
	bucket, prefix, _ = strings.Cut(strings.TrimPrefix(at, OnS3), "/")
	if bucket == "" {
		return "", "", parry.Errorf(parry.Invalid, "%q names no bucket", at).WithHint("s3://BUCKET/PREFIX")
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return bucket, prefix, nil
}

// url is an object for people.
func (b *Bucket) url(name string) string { return OnS3 + b.bucket + "/" + b.prefix + name }

// Names implements Archive. S3 lists in the order of the names' bytes, and what was written before. Source: ListObjectsV2, Amazon S3 API
// Reference; "Amazon S3 data consistency model", Amazon S3 User Guide.
func (b *Bucket) Names(ctx context.Context, folder, after string, f func(name string) error) error {
	in := &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: aws.String(b.prefix + folder)}
	if after != "" {
		in.StartAfter = aws.String(b.prefix + after)
	}
	pages := s3.NewListObjectsV2Paginator(b.client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return parry.Errorf(parry.Fault, "%s cannot be listed: %w", b.url(folder), err).WithHint("the credentials need s3:ListBucket on the bucket")
		}
		for _, o := range page.Contents {
			if err := f(strings.TrimPrefix(aws.ToString(o.Key), b.prefix)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Read implements Archive.
func (b *Bucket) Read(ctx context.Context, name string) ([]byte, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.bucket, Key: aws.String(b.prefix + name), ChecksumMode: types.ChecksumModeEnabled})
	var absent *types.NoSuchKey
	if errors.As(err, &absent) {
		return nil, parry.Errorf(parry.NotFound, "%s is not there", b.url(name))
	}
	if err != nil {
		return nil, parry.Errorf(parry.Fault, "%s cannot be read: %w", b.url(name), err).WithHint("the credentials need s3:GetObject on the bucket, and kms:Decrypt on its key")
	}
	defer out.Body.Close()
	return readBounded(name, out.Body)
}

// createTries is how often a write is made whose name somebody else writes, or deletes, at the same moment.
const createTries = 3

// create writes an object that is not there yet. Where there is one of that name nothing is written: there is true.
//
// Sources: "How to prevent object overwrites with conditional writes", Amazon S3 User Guide: If-None-Match with * fails with 412 where the name
// has a current version, and with 409 where another request for it was under way, which is to be made again. It needs s3:PutObject only.
func (b *Bucket) create(ctx context.Context, name, contentType string, body []byte) (there bool, err error) {
	for range createTries {
		_, err = b.client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &b.bucket, Key: aws.String(b.prefix + name), Body: bytes.NewReader(body), ContentType: &contentType, IfNoneMatch: aws.String("*"),
			ChecksumAlgorithm: types.ChecksumAlgorithmSha256, // Object Lock asks for a checksum
		})
		var said smithy.APIError
		if err == nil || !errors.As(err, &said) {
			break
		}
		if said.ErrorCode() == "PreconditionFailed" {
			return true, nil
		}
		if said.ErrorCode() != "ConditionalRequestConflict" {
			break
		}
	}
	if err != nil {
		return false, parry.Errorf(parry.Fault, "%s cannot be written: %w", b.url(name), err).WithHint("the credentials need s3:PutObject on the bucket, and kms:GenerateDataKey on its key")
	}
	return false, nil
}
