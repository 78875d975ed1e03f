package awsapi

import "github.com/aws/aws-sdk-go-v2/service/cloudformation"

const stack = "arn:{partition}:cloudformation:{region}:{account}:stack/{StackName}"

func cloudformationEntries() []entry {
	return []entry{
		op("cloudformation:CreateStack", cloudformation.NewFromConfig, (*cloudformation.Client).CreateStack, writes, needs("cloudformation:CreateStack", stack)),
		op("cloudformation:DescribeStacks", cloudformation.NewFromConfig, (*cloudformation.Client).DescribeStacks, needs("cloudformation:DescribeStacks", stack), pages("NextToken", "NextToken")),
		// What a stack's update does to its resources is done with the rights of whoever asks for it, or of the stack's own role.
		op("cloudformation:UpdateStack", cloudformation.NewFromConfig, (*cloudformation.Client).UpdateStack, writes, needs("cloudformation:UpdateStack", stack)),
	}
}
