-- The blueprint applied to a tenant that is there.
-- compatible: the release before reads kinds by the values it knows, and is given none of these before its workers are replaced: an upgrade is requested by an API of this one
ALTER TYPE "OperationKind" ADD VALUE 'upgrade';
