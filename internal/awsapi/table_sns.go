package awsapi

import "github.com/aws/aws-sdk-go-v2/service/sns"

const topic = "arn:{partition}:sns:{region}:{account}:{TopicArn}"

func snsEntries() []entry {
	return []entry{
		op("sns:CreateTopic", sns.NewFromConfig, (*sns.Client).CreateTopic, writes, needs("sns:CreateTopic", "arn:{partition}:sns:{region}:{account}:{Name}")),
		op("sns:GetTopicAttributes", sns.NewFromConfig, (*sns.Client).GetTopicAttributes, needs("sns:GetTopicAttributes", topic)),
		op("sns:SetTopicAttributes", sns.NewFromConfig, (*sns.Client).SetTopicAttributes, writes, needs("sns:SetTopicAttributes", topic), depends("iam:PassRole", "arn:{partition}:iam::{account}:role/*")),
		op("sns:Subscribe", sns.NewFromConfig, (*sns.Client).Subscribe, writes, needs("sns:Subscribe", topic)),
		op("sns:ListSubscriptionsByTopic", sns.NewFromConfig, (*sns.Client).ListSubscriptionsByTopic, needs("sns:ListSubscriptionsByTopic", topic), pages("NextToken", "NextToken")),
	}
}
