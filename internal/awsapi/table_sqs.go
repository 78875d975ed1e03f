package awsapi

import "github.com/aws/aws-sdk-go-v2/service/sqs"

const queue = "arn:{partition}:sqs:{region}:{account}:*"

func sqsEntries() []entry {
	return []entry{
		op("sqs:CreateQueue", sqs.NewFromConfig, (*sqs.Client).CreateQueue, writes, needs("sqs:CreateQueue", "arn:{partition}:sqs:{region}:{account}:{QueueName}")),
		op("sqs:GetQueueUrl", sqs.NewFromConfig, (*sqs.Client).GetQueueUrl, needs("sqs:GetQueueUrl", "arn:{partition}:sqs:{region}:{account}:{QueueName}")),
		op("sqs:GetQueueAttributes", sqs.NewFromConfig, (*sqs.Client).GetQueueAttributes, needs("sqs:GetQueueAttributes", queue)),
		op("sqs:SetQueueAttributes", sqs.NewFromConfig, (*sqs.Client).SetQueueAttributes, writes, needs("sqs:SetQueueAttributes", queue)),
	}
}
