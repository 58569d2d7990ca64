# Jobs, as people meet them: one that failed is tried again, one that waits is
# cancelled.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

# A mail server that is not there.
my $t = Audience::Test->start;
my %no_mail = ('mail.smtp_host' => '127.0.0.1', 'mail.smtp_tls' => 'none',
               'mail.smtp_port' => $t->free_port,
               'worker.job_max_attempts' => 1);


sub wait_mail
{
    my ($state, $tenant) = @_;

    $t->wait_for("an e-mail that is $state", sub {
        @{ $t->get("/v1/jobs?type=mail&state=$state", tenant => $tenant)
             ->{json}{items} } });
}


# A file whose e-mail comes to that state.
sub told_of
{
    my ($name, $state, $tenant) = @_;

    $t->import_file($name, "phoneNumber\n+5511900000001\n", tenant => $tenant);
    wait_mail($state, $tenant);
}


tell_stories($t, 'jobs',
    mail_fails => sub {
        $t->restart_worker(%no_mail);
        told_of('sem-correio.csv', 'dead', $_[0]);
    },
    mail_works => sub { $t->restart_worker('mail.smtp_host' => '',
                                           'worker.job_max_attempts' => 5) },
    mail_waits => sub {
        $t->restart_worker(%no_mail, 'worker.job_max_attempts' => 5,
                           'worker.retry_base_ms' => 600_000);
        told_of('com-calma.csv', 'scheduled', $_[0]);
    },
    upload => sub { $t->upload($_[0], "phoneNumber\n+5511900000003\n",
                               tenant => $_[1])->{json}{id} },
);

$t->finish;
