// Package policydoc is the one reading of IAM policy documents: resource policies, role trust, identity policies. It
// tells who is let in by each statement, and takes out what must not be there without touching a byte of the rest.
//
// It has three rules. What cannot be read is an error that names the place: nothing is guessed. What is not certain is
// Unsure, which is neither public nor safe: a person is asked. An edit only takes access away, and it cuts text out of
// the document as it was given, so that order, Sids, numbers and white space of everything else stay.
//
// Everything here is a pure function of its arguments. Package expr offers it to playbooks.
//
// What "public" means is AWS's own definition, of S3's block public access, which other services' checks repeat: a policy is
// public unless it grants access only to fixed values, without wildcard or policy variable, of certain condition keys.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
// Where that definition and the plain meaning of a condition part (a wildcard behind a fixed account), the answer is Unsure.
package policydoc
