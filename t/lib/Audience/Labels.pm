# Audience::Labels: conversations, and a language model that labels them.
#
#   my $llm = Audience::LLM->start(\&Audience::Labels::model);
#   my $import = taken($t, talk('c-1', '11987654321', 'Adorei!'));
#   labels_of($t, 'c-1');               # "sentiment=positive by test-model …"
#
# The model calls all positive, with the first words of a customer; it does what a
# text tells it (HACKED, sensitive).

package Audience::Labels;

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use Test::More;

our @EXPORT = qw(answer talk taken labels_of who classify);

my $json = JSON::PP->new->canonical;
my $bytes = JSON::PP->new->canonical->utf8;
my @labels = qw(purchaseIntention priceSensitivity sentiment);


# An answer with these labels, each as [value, confidence, message].
sub answer
{
    my (@three) = @_;

    my %answer;
    @answer{@labels} = map {
        my %one;
        @one{qw(value confidence message)} = @$_;
        \%one;
    } @three;
    return $json->encode(\%answer);
}


sub model
{
    my ($request) = @_;

    my $content = $json->decode($request->{messages}[1]{content});
    my ($first) = grep { exists $_->{customer} } @{ $content->{messages} };
    my $text = join ' ', map { $_->{customer} // () } @{ $content->{messages} };
    my $value = $text =~ /HACKED/ ? 'HACKED'
                : $text =~ /sensitive/ ? 'sensitive' : 'positive';

    return answer(['other', 0.5, 0], ['none', 0.75, 0],
                  [$value, 0.875, $first->{number}]);
}


# What a customer says, a minute after each other.
sub talk
{
    my ($id, $phone, @said) = @_;
    my $minute = 0;

    return { id => $id, phone => $phone,
             messages => [map { { at => sprintf('2026-11-01T12:%02d:00Z', $minute++),
                                  from => 'customer', text => $_ } } @said] };
}


# The batch, once it is visible.
sub taken
{
    my ($t, $lines, %how) = @_;
    my $body = join '', map { $bytes->encode($_) . "\n" } @$lines;
    my $r = $t->post('/v1/conversations', $body,
                     type => 'application/x-ndjson', %how);

    is($r->{status}, 202, 'conversations are taken') or die $r->{text};
    my $import = $t->wait_import($r->{json}{id}, %how);
    is($import->{state}, 'succeeded', 'and labelled');
    $t->wait_visible(%how);
    return $import;
}


# Each label of a conversation as "value by model".
sub labels_of
{
    my ($t, $id, %who) = @_;
    my $labels = $t->get("/v1/conversations/$id", %who)->{json}{labels};

    return join ', ', map {
        my $l = $labels->{$_};
        ($l->{value} // 'none') . ' by '
        . ($l->{by} eq 'classifier' ? $l->{model} : $l->{by});
    } @labels;
}


# Who labelled it: one for all, or several.
sub who
{
    my ($t, $id, %who) = @_;
    my %by = map { $_ => 1 } labels_of($t, $id, %who) =~ /by (\S+?)(?:,|$)/g;
    return join ' ', sort keys %by;
}


# The job that classifies again, at its end.
sub classify
{
    my ($t, $what, %who) = @_;
    my $r = $t->post('/v1/conversations/classify', $what, %who);

    is($r->{status}, 202, 'conversations are classified again') or diag(explain($r));
    is($r->{headers}{location}, "/v1/jobs/$r->{json}{id}", '… by a job');
    my $job = $t->wait_job($r->{json}{id}, %who);
    $t->wait_visible(%who);
    return $job;
}

1;
