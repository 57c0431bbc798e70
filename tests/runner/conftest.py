from tests.fake_aws.fixtures import aws as aws
